using MoEPlace.Results;
using MoEPlace.Traces;

namespace MoEPlace.Placement.Validation;

/// <summary>Windows of the test part under the placement of the training part, and under one of its beginning.</summary>
internal sealed class DriftPlan
{
    private const long LeastTokens = 256;
    private readonly TraceSlice train;
    private readonly PlannedSolve whole;
    private readonly PlannedSolve early;
    private readonly double earlyShare;
    private readonly TraceSlice[] windows;

    internal DriftPlan(ValidationRun run, TraceSlice train, TraceSlice test, ValidationOptions options)
    {
        this.train = train;
        earlyShare = options.EarlyShare;
        var count = (int)Math.Clamp(test.Tokens / LeastTokens, 1, options.Windows);
        windows = [.. Enumerable.Range(0, count).Select(i =>
        {
            var first = test.Tokens * i / count;
            return SliceParts.Consecutive(test, $"window {i + 1} of {count}", first, test.Tokens * (i + 1) / count - first);
        })];
        var beginning = (long)Math.Ceiling(train.Tokens * earlyShare);
        whole = run.Plan(train, windows);
        early = run.Plan(SliceParts.Consecutive(train, $"the first {beginning} tokens", 0, beginning), windows);
    }

    /// <summary>The windows, once the run is over.</summary>
    internal ValidationDrift Result(ValidationRun run) => new(
        whole[train].Measure, run.Contiguous(train).Measure, earlyShare,
        [.. windows.Select(w => new ValidationWindow(
            w.Runs().First().Row, w.Tokens, whole[w].Measure, early[w].Measure, run.Contiguous(w).Measure))]);
}
