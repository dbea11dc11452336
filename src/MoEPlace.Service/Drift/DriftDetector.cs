using MoEPlace.Service.Routing;

namespace MoEPlace.Service.Drift;

/// <summary>
/// Tells when the traffic of a job is no longer that which its placement was made for. The first tokens after <see cref="Rebase"/> are the reference;
/// later ones are compared with it, load and affinity apart. Not for several threads at once.
/// </summary>
public sealed class DriftDetector
{
    /// <summary>For a model.</summary>
    public DriftDetector(MoEModel model, DriftOptions? options = null) => throw new NotImplementedException();

    /// <summary>How it stands.</summary>
    public DriftReading Reading => throw new NotImplementedException();

    /// <summary>Takes the reference anew from the tokens that come; the alarm is over.</summary>
    public void Rebase() => throw new NotImplementedException();

    /// <summary>Looks at tokens; from ranks one after another, sequences interleaved.</summary>
    public void Take(RoutedRows rows) => throw new NotImplementedException();

    /// <summary>Looks at counts, where no tokens come.</summary>
    public void Take(long tokens, ReadOnlySpan<int> counts) => throw new NotImplementedException();
}
