using System.Collections.Immutable;
using MoEPlace.Evaluation;
using MoEPlace.Simulation.Schedules;

namespace MoEPlace.Simulation.Work;

/// <summary>What decides which tokens a step has and how they travel.</summary>
public sealed record WorkOptions
{
    private const long MostBytes = 1L << 30;

    /// <summary>Where a hidden state lives between layers; prefill runs home in any case. Default: home.</summary>
    public Residency Residency { get; init; } = Residency.Home;

    /// <summary>How dispatch and combine travel. Default: flat.</summary>
    public AllToAllAlgorithm AllToAll { get; init; } = AllToAllAlgorithm.Flat;

    /// <summary>What a token travels once for. Default: every rank that holds some of its experts.</summary>
    public CopyUnit Copies { get; init; } = CopyUnit.Rank;

    /// <summary>
    /// Room of every expert for the tokens of one rank: this many times the mean of what the fullest rank sends to an expert, rounded
    /// up (GShard, section 2.2; Tutel's k f T / E). Where replicas take turns they share the room. Full room travels and is computed,
    /// whatever <see cref="Copies"/> says; tokens beyond it are dropped. Above 0, at most 1,024; not where hidden states stay with their
    /// top-1 and not node-deduplicated. Null: what the gate chose and no more. Default: null.
    /// </summary>
    public double? CapacityFactor { get; init; }

    /// <summary>Bytes of one token's dispatched hidden state, 1 or more. Default: 1, so that traffic counts copies.</summary>
    public long DispatchBytesPerToken { get; init; } = 1;

    /// <summary>Bytes of one token's combined hidden state, 1 or more. Default: 1.</summary>
    public long CombineBytesPerToken { get; init; } = 1;

    /// <summary>Bytes of one token's keys and values in one layer, gathered under residency coherent; 0 or more. Default: 0.</summary>
    public long ContextBytesPerTokenLayer { get; init; }

    /// <summary>What the step does. Default: decode.</summary>
    public ServingPhase Phase { get; init; } = ServingPhase.Decode;

    /// <summary>Tokens of one step over all ranks, 1 to 16,777,216. Default: 512.</summary>
    public int TokensPerStep { get; init; } = 512;

    /// <summary>Whether homes that the trace records are kept; else tokens are dealt evenly. Default: true.</summary>
    public bool RecordedHomes { get; init; } = true;

    /// <summary>Ranks that are gone: they hold no tokens and may hold no experts. Default: none.</summary>
    public ImmutableArray<int> LostRanks { get; init; } = [];

    /// <summary>Up to this many ranks the bytes of every pair are counted, above only the sums at ports; 0 to 512. Default: 64.</summary>
    public int PairRanks { get; init; } = 64;

    /// <summary>True when hidden states stay with their top-1 expert: residency coherent in decode.</summary>
    public bool RunsCoherent => Residency == Residency.Coherent && Phase == ServingPhase.Decode;

    /// <summary>Notes every option that is out of its range.</summary>
    /// <param name="faults">Where to note it.</param>
    /// <param name="ranks">Ranks of the cluster.</param>
    internal void Check(InputFaults faults, int ranks)
    {
        faults.Require(Enum.IsDefined(Residency), "residency", Residency, "home or coherent");
        faults.Require(Enum.IsDefined(AllToAll), "allToAll", AllToAll, "flat, hierarchical or node-deduplicated");
        faults.Require(Enum.IsDefined(Copies), "copies", Copies, "expert or rank");
        faults.Require(Enum.IsDefined(Phase), "phase", Phase, "decode or prefill");
        faults.Require(CapacityFactor is null or (> 0 and <= 1024), "capacityFactor", CapacityFactor, "above 0, at most 1,024");
        faults.Require(CapacityFactor is null || !RunsCoherent, "residency", Residency, "home with a capacity factor");
        faults.Require(
            CapacityFactor is null || AllToAll != AllToAllAlgorithm.NodeDeduplicated, "allToAll", AllToAll,
            "flat or hierarchical with a capacity factor");
        Bytes(DispatchBytesPerToken, "dispatchBytesPerToken", 1);
        Bytes(CombineBytesPerToken, "combineBytesPerToken", 1);
        Bytes(ContextBytesPerTokenLayer, "contextBytesPerTokenLayer", 0);
        faults.Require(TokensPerStep is >= 1 and <= EvaluationOptions.MostTokens, "tokensPerStep", TokensPerStep, "1 to 16,777,216");
        faults.Require(PairRanks is >= 0 and <= 512, "pairRanks", PairRanks, "0 to 512");
        if (!faults.Require(!LostRanks.IsDefault, "lostRanks", null, "a list of ranks"))
            return;
        foreach (var (i, rank) in LostRanks.Index())
            faults.Require(rank >= 0 && rank < ranks, $"lostRanks[{i}]", rank, $"0 to {ranks - 1}");
        faults.Require(LostRanks.Distinct().Count() < ranks, "lostRanks", LostRanks.Length, $"fewer than all {ranks} ranks");

        void Bytes(long value, string field, long least) =>
            faults.Require(value >= least && value <= MostBytes, field, value, $"{least} to {MostBytes}");
    }
}
