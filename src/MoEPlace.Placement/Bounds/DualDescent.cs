namespace MoEPlace.Placement.Bounds;

/// <summary>Lowers a smooth convex function by limited-memory BFGS (Nocedal 1980) with a backtracking line search.</summary>
/// <param name="size">Variables.</param>
/// <param name="evaluate">Gives the value at a point and fills the gradient.</param>
internal sealed class DualDescent(int size, Func<double[], double[], double> evaluate)
{
    private const int Memory = 12;
    private readonly List<(double[] Step, double[] Turn, double Curvature)> pairs = [];
    private double[] gradient = new double[size];
    private double[] trialGradient = new double[size];
    private double[] trial = new double[size];
    private double[] direction = new double[size];
    private bool known;

    /// <summary>Where the descent stands.</summary>
    public double[] Point { get; private set; } = new double[size];

    /// <summary>The function there, after the first step.</summary>
    public double Value { get; private set; }

    /// <summary>One step down.</summary>
    /// <param name="firstLength">The largest change of a variable in a step that knows no curvature yet.</param>
    /// <returns>False when no step goes down any more.</returns>
    public bool Step(double firstLength)
    {
        if (!known)
        {
            Value = Evaluate(Point, gradient);
            known = true;
        }
        Direct(firstLength);
        var slope = Dot(direction, gradient);
        if (!(slope < 0))
        {
            if (pairs.Count == 0)
                return false;
            pairs.Clear();
            return Step(firstLength);
        }
        var length = 1.0;
        for (var attempt = 0; attempt < 12; attempt++)
        {
            for (var i = 0; i < size; i++)
                trial[i] = Point[i] + length * direction[i];
            var value = Evaluate(trial, trialGradient);
            if (value <= Value + 1e-4 * length * slope)
            {
                Accept(value);
                return true;
            }
            // The parabola through what is known, kept within sensible bounds.
            var fitted = -slope * length / (2 * ((value - Value) / length - slope));
            length *= Math.Clamp(fitted / 1, 0.1 * length, 0.5 * length) / length;
        }
        if (pairs.Count == 0)
            return false;
        pairs.Clear();
        return true;
    }

    private double Evaluate(double[] point, double[] into)
    {
        return evaluate(point, into);
    }

    private void Direct(double firstLength)
    {
        for (var i = 0; i < size; i++)
            direction[i] = -gradient[i];
        if (pairs.Count == 0)
        {
            var most = 0.0;
            foreach (var d in direction)
                most = Math.Max(most, Math.Abs(d));
            Scale(direction, most > 0 ? firstLength / most : 0);
            return;
        }
        Span<double> alpha = stackalloc double[pairs.Count];
        for (var k = pairs.Count - 1; k >= 0; k--)
        {
            alpha[k] = Dot(pairs[k].Step, direction) / pairs[k].Curvature;
            Add(direction, -alpha[k], pairs[k].Turn);
        }
        var (_, turn, curvature) = pairs[^1];
        Scale(direction, curvature / Dot(turn, turn));
        for (var k = 0; k < pairs.Count; k++)
            Add(direction, alpha[k] - Dot(pairs[k].Turn, direction) / pairs[k].Curvature, pairs[k].Step);
    }

    private void Accept(double value)
    {
        var (step, turn) = pairs.Count < Memory ? (new double[size], new double[size]) : (pairs[0].Step, pairs[0].Turn);
        if (pairs.Count == Memory)
            pairs.RemoveAt(0);
        for (var i = 0; i < size; i++)
            (step[i], turn[i]) = (trial[i] - Point[i], trialGradient[i] - gradient[i]);
        var curvature = Dot(step, turn);
        if (curvature > 1e-10 * Dot(turn, turn))
            pairs.Add((step, turn, curvature));
        (Point, trial) = (trial, Point);
        (gradient, trialGradient) = (trialGradient, gradient);
        Value = value;
    }

    private static double Dot(double[] a, double[] b)
    {
        var sum = 0.0;
        for (var i = 0; i < a.Length; i++)
            sum += a[i] * b[i];
        return sum;
    }

    private static void Add(double[] to, double factor, double[] what)
    {
        for (var i = 0; i < to.Length; i++)
            to[i] += factor * what[i];
    }

    private static void Scale(double[] values, double factor)
    {
        foreach (ref var v in values.AsSpan())
            v *= factor;
    }
}
