using System.Numerics;
using System.Runtime.InteropServices;

namespace MoEPlace.Simulation.Network;

/// <summary>
/// The links on one side of a crossbar while rates are found: what each has left and how many of its flows still rise, after each round
/// of <see cref="CrossbarRates"/>.
/// </summary>
internal sealed class CrossbarSide
{
    /// <summary>The rate that a link gives which no flow fills: more than any, and finite.</summary>
    internal const double NoRate = 1e100;

    private readonly List<double> capacities = [];
    private double[] weights = [], levels = [], rounds = [];

    /// <summary>Links.</summary>
    internal int Count => capacities.Count;

    /// <summary>Links, up to whole vectors.</summary>
    internal int Width => (Count + Vector<double>.Count - 1) / Vector<double>.Count * Vector<double>.Count;

    /// <summary>[width] the rate of the flows that each link limits.</summary>
    internal double[] Rates { get; private set; } = [];

    /// <summary>[width] the same before the rates were last found.</summary>
    internal double[] LastRates { get; private set; } = [];

    /// <summary>[width] one over <see cref="Rates"/>.</summary>
    internal double[] Slowness { get; private set; } = [];

    /// <summary>Begins anew, without links.</summary>
    internal void Clear() => capacities.Clear();

    /// <summary>Adds a link.</summary>
    /// <returns>Its number on this side.</returns>
    internal int Add(double capacity)
    {
        capacities.Add(capacity);
        return capacities.Count - 1;
    }

    /// <summary>Makes room for the flows between this side and another, after all links were added.</summary>
    internal void Begin(CrossbarSide other)
    {
        if (Rates.Length < Width)
            (Rates, LastRates, Slowness, levels) = (new double[Width], new double[Width], new double[Width], new double[Width]);
        if (weights.Length < Count * other.Width)
            weights = new double[Count * other.Width];
        Rates.AsSpan(0, Width).Fill(NoRate);
        weights.AsSpan(0, Count * other.Width).Clear();
        Reserve(0);
        Open(0).Clear();
        CollectionsMarshal.AsSpan(capacities).CopyTo(Left(0));
        Left(0)[Count..].Fill(double.PositiveInfinity);
    }

    /// <summary>Adds flows to a link, or takes some away, in the first rounds, in all of which they rose.</summary>
    internal void Change(int link, int otherLink, int otherWidth, int flows, int lastRound)
    {
        weights[link * otherWidth + otherLink] += flows;
        for (var round = 0; round <= lastRound; round++)
            rounds[2 * round * Width + link] += flows;
    }

    /// <summary>How many flows go from a link to one of the other side.</summary>
    internal int Flows(int link, int otherLink, int otherWidth) => (int)weights[link * otherWidth + otherLink];

    /// <summary>Whether a link has flows.</summary>
    internal bool HasFlows(int link) => rounds[link] > 0;

    /// <summary>Forgets the rates that were found from a round on.</summary>
    internal void Return(int round)
    {
        Rates.AsSpan(0, Width).CopyTo(LastRates);
        var rates = Vectors(Rates.AsSpan(0, Width));
        var open = Vectors(Open(round));
        for (var i = 0; i < rates.Length; i++)
            rates[i] = Vector.ConditionalSelect(Vector.GreaterThan(open[i], Vector<double>.Zero), new Vector<double>(NoRate), rates[i]);
    }

    /// <summary>Begins a round with what the one before has left.</summary>
    internal void Copy(int round)
    {
        Reserve(round + 1);
        rounds.AsSpan(2 * round * Width, 2 * Width).CopyTo(rounds.AsSpan(2 * (round + 1) * Width));
    }

    /// <summary>Finds the rate at which each link would be full.</summary>
    /// <returns>The least; infinite when no flow rises.</returns>
    internal double Least(int round)
    {
        var open = Vectors(Open(round));
        var left = Vectors(Left(round));
        var level = Vectors(levels.AsSpan(0, Width));
        var none = new Vector<double>(double.PositiveInfinity);
        var least = none;
        for (var i = 0; i < level.Length; i++)
        {
            level[i] = Vector.ConditionalSelect(Vector.GreaterThan(open[i], Vector<double>.Zero), left[i] / open[i], none);
            least = Vector.MinNative(least, level[i]);
        }
        return LeastOf(least);
    }

    /// <summary>The least level as it was found last, of the links that were not filled since.</summary>
    internal double LeastLeft()
    {
        var least = new Vector<double>(double.PositiveInfinity);
        foreach (var level in Vectors(levels.AsSpan(0, Width)))
            least = Vector.MinNative(least, level);
        return LeastOf(least);
    }

    /// <summary>Fills the links that are full at a bound or before, each at its own level.</summary>
    /// <returns>The highest of these levels.</returns>
    internal double Fill(int round, double bound, CrossbarSide other)
    {
        var open = Open(round);
        var highest = 0.0;
        var limit = new Vector<double>(bound);
        for (var begin = 0; begin < Width; begin += Vector<double>.Count)
        {
            if (!Vector.LessThanOrEqualAny(new Vector<double>(levels, begin), limit))
                continue;
            for (var link = begin; link < begin + Vector<double>.Count; link++)
            {
                var level = levels[link];
                if (!(level <= bound))
                    continue;
                other.Take(round, weights.AsSpan(link * other.Width, other.Width), level);
                (Rates[link], open[link], levels[link]) = (level, 0, double.PositiveInfinity);
                highest = Math.Max(highest, level);
            }
        }
        return highest;
    }

    /// <summary>Finds <see cref="Slowness"/>.</summary>
    internal void Finish()
    {
        var rates = Vectors(Rates.AsSpan(0, Width));
        var slowness = Vectors(Slowness.AsSpan(0, Width));
        for (var i = 0; i < rates.Length; i++)
            slowness[i] = Vector<double>.One / rates[i];
    }

    /// <summary>The least element.</summary>
    internal static double LeastOf(Vector<double> vector)
    {
        var least = vector[0];
        for (var i = 1; i < Vector<double>.Count; i++)
            least = Math.Min(least, vector[i]);
        return least;
    }

    /// <summary>The flows of a full link of the other side have their rate: what of them rose here is taken off.</summary>
    private void Take(int round, ReadOnlySpan<double> flows, double level)
    {
        var open = Vectors(Open(round));
        var left = Vectors(Left(round));
        var weight = MemoryMarshal.Cast<double, Vector<double>>(flows);
        var rate = new Vector<double>(level);
        for (var i = 0; i < weight.Length; i++)
        {
            var rising = Vector.ConditionalSelect(Vector.GreaterThan(open[i], Vector<double>.Zero), weight[i], Vector<double>.Zero);
            left[i] -= rate * rising;
            open[i] -= rising;
        }
    }

    private Span<double> Open(int round) => rounds.AsSpan(2 * round * Width, Width);

    private Span<double> Left(int round) => rounds.AsSpan((2 * round + 1) * Width, Width);

    private void Reserve(int round)
    {
        if (rounds.Length < 2 * (round + 1) * Width)
            Array.Resize(ref rounds, Math.Max(2 * rounds.Length, 2 * (round + 1) * Width));
    }

    private static Span<Vector<double>> Vectors(Span<double> span) => MemoryMarshal.Cast<double, Vector<double>>(span);
}
