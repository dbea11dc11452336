using MoEPlace.Results;
using MoEPlace.Traces;

namespace MoEPlace.Placement.Validation;

/// <summary>
/// Placements of growing parts of the training part, judged on the test part. Sequences are taken in a random order, the same for the same
/// seed, so that a small part is not of one subject; each part holds those before it.
/// </summary>
internal sealed class LearningPlan
{
    private readonly TraceSlice test;
    private readonly List<(int Sequences, PlannedSolve Solve)> points = [];

    internal LearningPlan(ValidationRun run, TraceSlice train, TraceSlice test, ValidationOptions options, long seed)
    {
        this.test = test;
        int[] order = [.. SliceParts.Sequences(train)];
        new SeedStream(seed, "learning curve").Shuffle<int>(order);
        var last = 0;
        foreach (var share in options.LearningShares)
        {
            var count = (int)Math.Ceiling(order.Length * share);
            if (count == last || count == order.Length)
                continue;
            last = count;
            var part = SliceParts.OfSequences(train, $"{count} of {order.Length} sequences", order.Take(count));
            points.Add((count, run.Plan(part, test)));
        }
        points.Add((order.Length, run.Plan(train, test)));
    }

    /// <summary>Whether there is a curve: two points or more.</summary>
    internal bool IsCurve => points.Count > 1;

    /// <summary>The curve, once the run is over.</summary>
    internal LearningCurve Result(ValidationRun run) => LearningCurve.Of(
        test.Tokens, run.Contiguous(test).Measure,
        [.. points.Select(p => new LearningPoint(
            p.Sequences, p.Solve.On.Tokens, p.Solve[p.Solve.On].Measure, p.Solve[test].Measure))]);
}
