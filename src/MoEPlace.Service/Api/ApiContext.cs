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
    private const int RowStreamsAtOnce = 256;
    private const int RowStreamsOfJob = 64;
    private static readonly TimeSpan LongestBody = TimeSpan.FromSeconds(30);

    /// <summary>Reads bodies.</summary>
    public BodyReader Bodies { get; } = new(GreatBodiesAtOnce, LongestBody);

    /// <summary>Streams of rows.</summary>
    public StreamSeats Rows { get; } = new(RowStreamsAtOnce, RowStreamsOfJob);

    /// <summary>Tells that there are events.</summary>
    public EventSignal Events { get; } = new();

    /// <inheritdoc/>
    public void Dispose() => Bodies.Dispose();
}
