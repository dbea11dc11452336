using System.Reflection;

namespace MoEPlace;

/// <summary>The version that results and placements are stamped with.</summary>
public static class MoEPlaceVersion
{
    /// <summary>For example <c>0.1.0</c>: the version in Directory.Build.props.</summary>
    public static string Current { get; } =
        typeof(MoEPlaceVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
}
