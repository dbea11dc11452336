namespace MoEPlace.Service.Routing;

/// <summary>The latest routed tokens of a job, or, where only counts come, the latest counts. Not for several threads at once.</summary>
public sealed class RoutingWindow
{
    /// <summary>For a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tokens">Tokens that it holds.</param>
    public RoutingWindow(MoEModel model, int tokens) => throw new NotImplementedException();

    /// <summary>Tokens in it.</summary>
    public long Tokens => throw new NotImplementedException();

    /// <summary>Whether only counts came.</summary>
    public bool IsOfCounts => throw new NotImplementedException();

    /// <summary>Takes tokens; the oldest go.</summary>
    public void Add(RoutedRows rows) => throw new NotImplementedException();

    /// <summary>Takes counts; old ones fade.</summary>
    public void Add(long tokens, ReadOnlySpan<int> counts) => throw new NotImplementedException();

    /// <summary>Forgets all.</summary>
    public void Clear() => throw new NotImplementedException();

    /// <summary>Writes it as a trace; drawn from the counts, and marked as synthetic, where only those came.</summary>
    /// <param name="path">Where.</param>
    /// <param name="job">For the trace's source.</param>
    /// <param name="seed">Of what is drawn.</param>
    public void WriteTrace(string path, string job, long seed) => throw new NotImplementedException();

    /// <summary>What it looks like under a placement.</summary>
    public RoutingMeasures Measure(ExpertPlacement placement, Residency residency) => throw new NotImplementedException();
}
