using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace MoEPlace.Simulation.Network;

/// <summary>
/// The links on one side of a crossbar while rates are found: what each has left, and how many of its flows still rise. Some rounds of
/// <see cref="CrossbarRates"/> are saved.
/// </summary>
internal sealed class CrossbarSide
{
    /// <summary>The rate that a link gives which no flow fills: more than any, and finite.</summary>
    internal const double NoRate = 1e100;

    private readonly List<double> capacities = [];
    private double[] weights = [], levels = [], open = [], left = [], saved = [];

    /// <summary>Links.</summary>
    internal int Count => capacities.Count;

    /// <summary>Links, up to whole vectors.</summary>
    internal int Width { get; private set; }

    /// <summary>[width] the rate of the flows that each link limits.</summary>
    internal double[] Rates { get; private set; } = [];

    /// <summary>[width] the same before the rates were last found.</summary>
    internal double[] LastRates { get; private set; } = [];

    /// <summary>[width] one over <see cref="Rates"/>.</summary>
    internal double[] Slowness { get; private set; } = [];

    /// <summary>Begins anew, without links.</summary>
    internal void Clear()
    {
        capacities.Clear();
        Width = 0;
    }

    /// <summary>Adds a link.</summary>
    /// <returns>Its number on this side.</returns>
    internal int Add(double capacity)
    {
        capacities.Add(capacity);
        Width = (Count + Vector512<double>.Count - 1) / Vector512<double>.Count * Vector512<double>.Count;
        return capacities.Count - 1;
    }

    /// <summary>Makes room for the flows between this side and another, after all links were added.</summary>
    internal void Begin(CrossbarSide other)
    {
        if (Rates.Length < Width)
        {
            (Rates, LastRates, Slowness) = (new double[Width], new double[Width], new double[Width]);
            (levels, open, left) = (new double[Width], new double[Width], new double[Width]);
        }
        if (weights.Length < Count * other.Width)
            weights = new double[Count * other.Width];
        Rates.AsSpan(0, Width).Fill(NoRate);
        weights.AsSpan(0, Count * other.Width).Clear();
        open.AsSpan(0, Width).Clear();
        CollectionsMarshal.AsSpan(capacities).CopyTo(left);
        left.AsSpan(Count..Width).Fill(double.PositiveInfinity);
        Save(0);
    }

    /// <summary>Adds flows to a link, or takes some away, in the first saved rounds, in all of which they rose.</summary>
    internal void Change(int link, int otherLink, int otherWidth, int flows, int lastSaved)
    {
        weights[link * otherWidth + otherLink] += flows;
        for (var round = 0; round <= lastSaved; round++)
            saved[2 * round * Width + link] += flows;
    }

    /// <summary>How many flows go from a link to one of the other side.</summary>
    internal int Flows(int link, int otherLink, int otherWidth) => (int)weights[link * otherWidth + otherLink];

    /// <summary>Whether a link has flows.</summary>
    internal bool HasFlows(int link) => saved[link] > 0;

    /// <summary>Returns to a saved round, and forgets the rates that were found from there on.</summary>
    internal void Return(int round)
    {
        Rates.AsSpan(0, Width).CopyTo(LastRates);
        saved.AsSpan(2 * round * Width, Width).CopyTo(open);
        saved.AsSpan((2 * round + 1) * Width, Width).CopyTo(left);
        var rates = Vectors(Rates);
        var rising = Vectors(open);
        for (var i = 0; i < rates.Length; i++)
            rates[i] = Vector512.ConditionalSelect(IsSome(rising[i]), Vector512.Create(NoRate), rates[i]);
    }

    /// <summary>Saves what is left.</summary>
    internal void Save(int round)
    {
        if (saved.Length < 2 * (round + 1) * Width)
            Array.Resize(ref saved, Math.Max(2 * saved.Length, 2 * (round + 1) * Width));
        open.AsSpan(0, Width).CopyTo(saved.AsSpan(2 * round * Width));
        left.AsSpan(0, Width).CopyTo(saved.AsSpan((2 * round + 1) * Width));
    }

    /// <summary>Finds the rate at which each link would be full.</summary>
    /// <returns>The least; infinite when no flow rises.</returns>
    internal double Least()
    {
        var rising = Vectors(open);
        var free = Vectors(left);
        var level = Vectors(levels);
        var none = Vector512.Create(double.PositiveInfinity);
        var least = none;
        for (var i = 0; i < level.Length; i++)
        {
            level[i] = Vector512.ConditionalSelect(IsSome(rising[i]), free[i] / rising[i], none);
            least = Vector512.MinNative(least, level[i]);
        }
        return LeastOf(least);
    }

    /// <summary>Fills the links that are full at a bound or before, each at its own level.</summary>
    /// <returns>The highest of these levels, and the least of the links that are not full.</returns>
    internal (double Highest, double Least) Fill(double bound, CrossbarSide other)
    {
        var (highest, least) = (0.0, Vector512.Create(double.PositiveInfinity));
        for (var begin = 0; begin < Width; begin += Vector512<double>.Count)
        {
            var row = Vector512.Create<double>(levels.AsSpan(begin));
            var full = Vector512.LessThanOrEqual(row, Vector512.Create(bound)).ExtractMostSignificantBits();
            for (; full != 0; full &= full - 1)
            {
                var link = begin + BitOperations.TrailingZeroCount(full);
                var level = levels[link];
                other.Take(weights.AsSpan(link * other.Width, other.Width), level);
                (Rates[link], open[link], levels[link]) = (level, 0, double.PositiveInfinity);
                highest = Math.Max(highest, level);
            }
            least = Vector512.MinNative(least, Vector512.Create<double>(levels.AsSpan(begin)));
        }
        return (highest, LeastOf(least));
    }

    /// <summary>Finds <see cref="Slowness"/>.</summary>
    internal void Finish()
    {
        var rates = Vectors(Rates);
        var slowness = Vectors(Slowness);
        for (var i = 0; i < rates.Length; i++)
            slowness[i] = Vector512<double>.One / rates[i];
    }

    /// <summary>The least element.</summary>
    internal static double LeastOf(Vector512<double> vector)
    {
        var half = Vector256.MinNative(vector.GetLower(), vector.GetUpper());
        var quarter = Vector128.MinNative(half.GetLower(), half.GetUpper());
        return Math.Min(quarter[0], quarter[1]);
    }

    /// <summary>The flows of a full link of the other side have their rate: what of them rose here is taken off.</summary>
    private void Take(ReadOnlySpan<double> flows, double level)
    {
        var rising = Vectors(open);
        var free = Vectors(left);
        var weight = MemoryMarshal.Cast<double, Vector512<double>>(flows);
        var rate = Vector512.Create(level);
        for (var i = 0; i < weight.Length; i++)
        {
            var taken = Vector512.ConditionalSelect(IsSome(rising[i]), weight[i], Vector512<double>.Zero);
            free[i] -= rate * taken;
            rising[i] -= taken;
        }
    }

    private static Vector512<double> IsSome(Vector512<double> flows) => Vector512.GreaterThan(flows, Vector512<double>.Zero);

    private Span<Vector512<double>> Vectors(double[] values) => MemoryMarshal.Cast<double, Vector512<double>>(values.AsSpan(0, Width));
}
