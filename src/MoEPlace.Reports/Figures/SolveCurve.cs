namespace MoEPlace.Reports.Figures;

/// <summary>What the search of one placement knew over time, each value carried on until a better one came.</summary>
/// <param name="Placement">Which.</param>
/// <param name="Points">By rising seconds; the last one stands where the search ended.</param>
internal sealed record SolveCurve(DrawnPlacement Placement, SolveCurve.Point[] Points)
{
    private const int MostPoints = 48;
    private const int Symbols = 6;

    /// <summary>A step of the curve.</summary>
    /// <param name="Seconds">Since the search began.</param>
    /// <param name="Objective">The best so far; null before there was one.</param>
    /// <param name="Bound">The best so far; null before there was one.</param>
    internal sealed record Point(double Seconds, double? Objective, double? Bound)
    {
        /// <summary>(objective - bound) / objective; null while one is missing.</summary>
        internal double? Gap => Objective is { } o && Bound is { } b ? o == 0 ? 0 : Math.Max(0, (o - b) / o) : null;
    }

    /// <summary>Whether a symbol stands at a point of <see cref="Thinned"/>: at the ends and a few between.</summary>
    internal bool Marks(int index)
    {
        var last = Math.Min(Points.Length, MostPoints) - 1;
        return index == 0 || index == last || index % ((last + Symbols) / Symbols) == 0;
    }

    /// <summary>What was known in the end.</summary>
    internal Point Last => Points[^1];

    /// <summary>What is minimised.</summary>
    internal string Objective => Placement.Result.Solve!.ObjectiveName;

    /// <summary>The curve of a placement; null where its search left none.</summary>
    internal static SolveCurve? Of(DrawnPlacement placement)
    {
        var result = placement.Result;
        if (result.Solve is null || result.Trajectory.IsEmpty)
            return null;
        var points = new List<Point>();
        double? objective = null, bound = null;
        foreach (var told in result.Trajectory)
        {
            (objective, bound) = (told.Objective ?? objective, told.Bound ?? bound);
            if (objective is not null || bound is not null)
                points.Add(new Point(told.Seconds, objective, bound));
        }
        if (points.Count == 0)
            return null;
        if (result.SolveSeconds > points[^1].Seconds)
            points.Add(points[^1] with { Seconds = result.SolveSeconds.Value });
        return new SolveCurve(placement, [.. points]);
    }

    /// <summary>At most so many points as a line needs, the first and the last among them.</summary>
    internal Point[] Thinned()
    {
        if (Points.Length <= MostPoints)
            return Points;
        return [.. Enumerable.Range(0, MostPoints).Select(i => Points[(int)((long)i * (Points.Length - 1) / (MostPoints - 1))])];
    }
}
