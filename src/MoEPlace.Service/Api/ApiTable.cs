using System.Collections.Immutable;

namespace MoEPlace.Service.Api;

/// <summary>Everything that can be asked of the service.</summary>
internal static class ApiTable
{
    /// <summary>The routes.</summary>
    public static ImmutableArray<ApiRoute> Routes { get; } =
        [.. JobRoutes.All, .. RoutingRoutes.All, .. DecisionRoutes.All, .. ApplyRoutes.All, .. EventRoutes.All, .. OperationRoutes.All];
}
