using MoEPlace.Results;

namespace MoEPlace.Simulation.Tests.Devices;

/// <summary>A machine whose times are known: what it would be measured to take, written from the definitions alone.</summary>
internal sealed class MadeUpMachine
{
    private readonly double[] attention, experts, step;
    private readonly Dictionary<string, (double IntraStart, double IntraRate, double InterStart, double InterRate)> exchanges;
    private readonly double localRate;
    private readonly SeedStream noise;
    private readonly double spread;

    /// <param name="seed">Draws everything.</param>
    /// <param name="spread">Every median is off by at most this share.</param>
    internal MadeUpMachine(long seed, double spread = 0)
    {
        var random = new SeedStream(seed, "made-up machine");
        (noise, this.spread) = (new SeedStream(seed, "noise"), spread);
        (Nodes, RanksPerNode) = (1 + random.Next(3), 1 + random.Next(4));
        if (Nodes * RanksPerNode == 1)
            RanksPerNode = 2;
        Cores = random.Next(3) == 0 ? null : 1 + random.Next(RanksPerNode);
        attention = [Draw(1e-5, 1e-3), Draw(1e-6, 1e-4), Draw(1e-9, 1e-7)];
        experts = [Draw(1e-5, 1e-3), Draw(1e-6, 1e-4), Draw(1e-6, 1e-4)];
        step = [Draw(1e-5, 1e-3), Draw(1e-6, 1e-4)];
        exchanges = new()
        {
            ["dispatch"] = (Draw(1e-5, 1e-3), Draw(1e7, 1e10), Draw(1e-5, 1e-3), Draw(1e6, 1e9)),
            ["combine"] = (Draw(1e-5, 1e-3), Draw(1e7, 1e10), Draw(1e-5, 1e-3), Draw(1e6, 1e9)),
        };
        localRate = Draw(1e8, 1e10);

        double Draw(double from, double to) => from * Math.Pow(to / from, random.NextDouble());
    }

    internal int Nodes { get; }

    internal int RanksPerNode { get; }

    /// <summary>Cores that the ranks of a node share; null for a device each.</summary>
    internal int? Cores { get; }

    /// <summary>How much longer work takes than on a core alone while all ranks are busy.</summary>
    private double Turns => Cores is { } cores ? Math.Max(1, RanksPerNode / (double)cores) : 1;

    internal double Attention(int tokens, int context) => Turns * (attention[0] + attention[1] * tokens + attention[2] * tokens * context);

    internal double Experts(int active, int pairs) => Turns * (experts[0] + experts[1] * active + experts[2] * pairs);

    internal double Step(int tokens) => Turns * (step[0] + step[1] * tokens);

    internal double Exchange(string direction, string peers, long bytes)
    {
        var (intraStart, intraRate, interStart, interRate) = exchanges[direction];
        if (peers == "itself")
            return bytes / localRate + Math.Max(RanksPerNode > 1 ? intraStart : 0, Nodes > 1 ? interStart : 0);
        var (inside, between) = (peers is "intra-node" or "all" ? bytes : 0, peers is "inter-node" or "all" ? bytes : 0);
        var intra = RanksPerNode > 1 ? intraStart + inside * (RanksPerNode - 1) / intraRate : 0;
        // All ranks of a node send through one adapter, each to every rank of every other node.
        var inter = Nodes > 1 ? interStart + (double)between * RanksPerNode * RanksPerNode * (Nodes - 1) / interRate : 0;
        return Math.Max(intra, inter);
    }

    /// <summary>Whom a rank can send to.</summary>
    internal string[] Peers =>
    [
        "itself", .. RanksPerNode > 1 ? ["intra-node"] : Array.Empty<string>(), .. Nodes > 1 ? ["inter-node"] : Array.Empty<string>(), "all",
    ];

    internal CalibrationMeasurements Measure() => new(
        CalibrationMeasurements.FormatName, "a made-up machine", "tiny", "float32", Nodes, RanksPerNode, Cores,
        [
            .. from tokens in (int[])[1, 4, 16, 64]
               from context in (int[])[1, 32, 128]
               select new MeasuredTokens(tokens, context, Time(Attention(tokens, context))),
        ],
        [
            .. from active in (int[])[1, 2, 4]
               from pairs in (int[])[4, 16, 64, 256]
               select new MeasuredExperts(active, pairs, Time(Experts(active, pairs))),
        ],
        [.. ((int[])[1, 4, 16, 64]).Select(tokens => new MeasuredTokens(tokens, 0, Time(Step(tokens))))],
        [
            .. from direction in (string[])["dispatch", "combine"]
               from peers in Peers
               from bytes in (long[])[0, 512, 4_096, 32_768, 131_072, 262_144, 524_288]
               select new MeasuredExchange(direction, peers, bytes, Time(Exchange(direction, peers, bytes))),
        ]);

    private MeasuredTime Time(double seconds)
    {
        var median = seconds * (1 + spread * (2 * noise.NextDouble() - 1));
        return new MeasuredTime(median, median, median, 9);
    }
}
