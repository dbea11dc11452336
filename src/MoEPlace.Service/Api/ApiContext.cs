using MoEPlace.Service.Operations;

namespace MoEPlace.Service.Api;

/// <summary>What every answer of the service is made of.</summary>
/// <param name="Service">The service.</param>
/// <param name="Options">How it is run.</param>
/// <param name="Metrics">What is measured of it.</param>
/// <param name="Stopping">Cancelled when it stops: what streams ends.</param>
internal sealed record ApiContext(PlacementService Service, ServiceOptions Options, ServiceMetrics Metrics, CancellationToken Stopping) : IDisposable
{
    private const int GreatBodiesAtOnce = 8;

    /// <summary>Held while a great body is read.</summary>
    public SemaphoreSlim GreatBodies { get; } = new(GreatBodiesAtOnce);

    /// <summary>Tells that there are events.</summary>
    public EventSignal Events { get; } = new();

    /// <inheritdoc/>
    public void Dispose() => GreatBodies.Dispose();
}
