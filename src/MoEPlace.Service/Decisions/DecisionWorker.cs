namespace MoEPlace.Service.Decisions;

/// <summary>Makes a decision apart from the service, so that a search neither takes its time nor its memory.</summary>
/// <param name="input">What it depends on.</param>
/// <param name="trace">The file of the window's trace.</param>
/// <param name="cancellation">Gives it up.</param>
/// <exception cref="IOException">It failed; the message says why.</exception>
public delegate Task<Decision> DecisionWorker(DecisionInput input, string trace, CancellationToken cancellation);
