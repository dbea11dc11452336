using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MoEPlace.Placement.Bounds;

/// <summary>
/// Bounds what two adjacent layers keep where whole sets are too many to enumerate: by teams of a few experts that share a part, each with
/// the C experts of the other layer that suit the team best. See ARCHITECTURE.md, "The certificate". One expert a team is the partner
/// bound; every larger team knows more of what must hold for the whole part.
/// </summary>
internal sealed class TeamBound
{
    /// <summary>Keeps sums within 32 bits.</summary>
    private const int MostValue = 1 << 22;

    /// <summary>Of what only fills a vector; several of it still fit 32 bits.</summary>
    private const int Never = -(1 << 26);
    private const double StepDecay = 0.985;
    private const double Momentum = 0.7;
    private readonly int n;
    private readonly int capacity;
    private readonly int parts;
    private readonly int teamsOfExpert;
    private readonly int teamsOfPart;
    private readonly SubsetList teams;
    private readonly int width;
    private readonly int[] rows;
    private readonly double scale;
    private readonly int[] worth;
    private readonly int[] ranked;
    private readonly double[] boxPull;
    private readonly double[] teamPull;
    private double step;

    /// <param name="transitions">[experts of the teams, experts of the other layer] 0 or more.</param>
    /// <param name="experts">Experts of each layer.</param>
    /// <param name="capacity">C, experts of a part.</param>
    /// <param name="teams">All sets of at most C experts of one size.</param>
    public TeamBound(int[] transitions, int experts, int capacity, SubsetList teams)
    {
        (n, this.capacity, this.teams) = (experts, capacity, teams);
        parts = experts / capacity;
        teamsOfExpert = SubsetList.CountOf(capacity - 1, teams.Size - 1);
        teamsOfPart = SubsetList.CountOf(capacity, teams.Size);
        width = (n + Vector<int>.Count - 1) / Vector<int>.Count * Vector<int>.Count;
        // Values are counted in 1 / (teams of an expert x teams of a part), and rounded up where that does not fit.
        double most = 1;
        foreach (var t in transitions)
            most = Math.Max(most, t);
        scale = Math.Min(teamsOfPart, MostValue / (most * teams.Size * capacity));
        rows = new int[n * width];
        for (var a = 0; a < n; a++)
            for (var b = 0; b < width; b++)
                rows[a * width + b] = b < n ? (int)Math.Ceiling(transitions[a * n + b] * scale) : Never;
        worth = new int[teams.Count];
        ranked = new int[teams.Count];
        (BoxPrices, TeamPrices) = (new double[n], new double[n]);
        (boxPull, teamPull) = (new double[n], new double[n]);
        step = 0.5 * transitions.Sum(t => (double)t) / n / capacity;
    }

    /// <summary>[experts of the other layer] what a part pays for each, in transitions.</summary>
    public double[] BoxPrices { get; }

    /// <summary>[experts of the teams] what a part pays for each in all its teams together, in transitions.</summary>
    public double[] TeamPrices { get; }

    /// <summary>The least upper bound so far on the transitions that are kept.</summary>
    public double Kept { get; private set; } = double.PositiveInfinity;

    /// <summary>Takes some steps of the subgradient method, each of which gives a bound that holds.</summary>
    /// <param name="steps">How many.</param>
    /// <param name="stop">True ends them.</param>
    public void Run(int steps, Func<bool> stop)
    {
        var (box, team) = (new int[width], new int[n]);
        var (boxHeld, teamHeld) = (new int[n], new int[n]);
        for (var i = 0; i < steps && !stop(); i++, step *= StepDecay)
        {
            // A price of a whole part is dealt to its teams: teamsOfExpert pay for an expert of the team's layer, all for one of the other.
            for (var e = 0; e < n; e++)
            {
                box[e] = Clamp(BoxPrices[e] * scale * teamsOfExpert / teamsOfPart);
                team[e] = Clamp(TeamPrices[e] * scale);
            }
            box.AsSpan(n).Clear();
            Weigh(box, team);
            var chosen = parts * teamsOfPart;
            for (var t = 0; t < ranked.Length; t++)
                ranked[t] = t;
            Partition(worth, ranked, chosen);
            Value(box, team, ranked.AsSpan(0, chosen));
            Array.Clear(boxHeld);
            Array.Clear(teamHeld);
            foreach (var t in ranked.AsSpan(0, chosen))
                Count(t, box, boxHeld, teamHeld);
            for (var e = 0; e < n; e++)
            {
                boxPull[e] = Momentum * boxPull[e] + (1 - Momentum) * (1 - (double)boxHeld[e] / teamsOfPart);
                teamPull[e] = Momentum * teamPull[e] + (1 - Momentum) * (1 - (double)teamHeld[e] / teamsOfExpert);
                BoxPrices[e] -= step * boxPull[e];
                TeamPrices[e] -= step * teamPull[e];
            }
        }
    }

    /// <summary>Prices from another size of teams, or from none.</summary>
    public void Begin(ReadOnlySpan<double> boxPrices, ReadOnlySpan<double> teamPrices)
    {
        boxPrices.CopyTo(BoxPrices);
        teamPrices.CopyTo(TeamPrices);
    }

    private static int Clamp(double price) => (int)Math.Round(Math.Clamp(price, -MostValue, MostValue));

    /// <summary>
    /// In units of scale x (teams of an expert): all prices, and of the teams as many as stand on parts, those that are worth most. All
    /// whole numbers, so that what is found holds at these prices.
    /// </summary>
    private void Value(int[] box, int[] team, ReadOnlySpan<int> best)
    {
        var sum = 0L;
        for (var e = 0; e < n; e++)
            sum += (long)teamsOfPart * box[e] + (long)teamsOfExpert * team[e];
        foreach (var t in best)
            sum += worth[t];
        Kept = Math.Min(Kept, sum / (scale * teamsOfExpert));
    }

    /// <summary>What each team is worth: with the C experts of the other layer that suit it best, less all prices.</summary>
    private void Weigh(int[] box, int[] team)
    {
        Span<int> row = new int[width];
        for (var t = 0; t < worth.Length; t++)
        {
            Sum(t, box, row);
            var sum = 0;
            for (var c = 0; c < capacity; c++)
                sum += TakeLargest(row, out _);
            for (var i = 0; i < teams.Size; i++)
                sum -= team[teams.Members[t * teams.Size + i]];
            worth[t] = sum;
        }
    }

    /// <summary>The rows of a team added up, less prices.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Sum(int t, int[] box, Span<int> into)
    {
        var target = MemoryMarshal.Cast<int, Vector<int>>(into);
        var price = MemoryMarshal.Cast<int, Vector<int>>(box.AsSpan());
        for (var v = 0; v < target.Length; v++)
            target[v] = -price[v];
        for (var i = 0; i < teams.Size; i++)
        {
            var row = MemoryMarshal.Cast<int, Vector<int>>(rows.AsSpan(teams.Members[t * teams.Size + i] * width, width));
            for (var v = 0; v < target.Length; v++)
                target[v] += row[v];
        }
    }

    /// <summary>Takes the largest entry out of a row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int TakeLargest(Span<int> row, out int at)
    {
        var vectors = MemoryMarshal.Cast<int, Vector<int>>(row);
        var most = vectors[0];
        for (var v = 1; v < vectors.Length; v++)
            most = Vector.Max(most, vectors[v]);
        var largest = int.MinValue;
        for (var lane = 0; lane < Vector<int>.Count; lane++)
            largest = Math.Max(largest, most[lane]);
        at = row.IndexOf(largest);
        row[at] = int.MinValue;
        return largest;
    }

    private void Count(int t, int[] box, int[] boxHeld, int[] teamHeld)
    {
        Span<int> row = new int[width];
        Sum(t, box, row);
        for (var c = 0; c < capacity; c++)
        {
            TakeLargest(row, out var at);
            boxHeld[at]++;
        }
        for (var i = 0; i < teams.Size; i++)
            teamHeld[teams.Members[t * teams.Size + i]]++;
    }

    /// <summary>Brings the <paramref name="count"/> items of the largest keys to the front (Hoare's selection).</summary>
    private static void Partition(int[] key, int[] items, int count)
    {
        var (low, high) = (0, items.Length - 1);
        while (low < high)
        {
            var pivot = key[items[(low + high) / 2]];
            var (i, j) = (low, high);
            while (i <= j)
            {
                while (key[items[i]] > pivot)
                    i++;
                while (key[items[j]] < pivot)
                    j--;
                if (i > j)
                    break;
                (items[i], items[j]) = (items[j], items[i]);
                i++;
                j--;
            }
            if (count - 1 <= j)
                high = j;
            else if (count - 1 >= i)
                low = i;
            else
                return;
        }
    }
}
