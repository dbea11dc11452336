using System.Collections.Immutable;

namespace MoEPlace.Executor.Gates;

/// <summary>
/// A gate as <c>config.json</c> describes it under the key <c>moeplace_gate</c> (<see cref="GateOptionsJson"/>). What a kind has no use for
/// keeps its default.
/// </summary>
public sealed record GateOptions
{
    /// <summary>How experts are picked.</summary>
    public GateKind Kind { get; init; } = GateKind.TopK;

    /// <summary>Weight of the balance loss in training, 0 or more.</summary>
    public double BalanceCoefficient { get; init; } = 0.01;

    /// <summary>Weight of the z-loss in training, 0 or more.</summary>
    public double ZCoefficient { get; init; }

    /// <summary>Top-p: the share of probability at which it has enough experts, above 0 to 1.</summary>
    public double Threshold { get; init; } = 0.4;

    /// <summary>Top-p: weight of the entropy loss in training, 0 or more.</summary>
    public double EntropyCoefficient { get; init; } = 1e-4;

    /// <summary>Null experts, 1 or more.</summary>
    public int NullExperts { get; init; } = 8;

    /// <summary>Experts whose output is nothing, 0 or more.</summary>
    public int ZeroExperts { get; init; } = 1;

    /// <summary>Experts whose output is the hidden state, 0 or more.</summary>
    public int CopyExperts { get; init; } = 1;

    /// <summary>Experts whose output mixes the hidden state with a vector, 0 or more.</summary>
    public int ConstantExperts { get; init; } = 2;

    /// <summary>What an expert that costs nothing weighs in the balance loss against one that does, 0 to 1.</summary>
    public double CostFreeShare { get; init; } = 0.75;

    /// <summary>Width of the state that a recurrent gate carries, 1 or more.</summary>
    public int StateWidth { get; init; } = 64;

    /// <summary>Expert choice: experts that a token gets in the mean, above 0.</summary>
    public double CapacityFactor { get; init; } = 2;

    /// <summary>Random: the seed of the lots.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>Domain: the domains by name, 1 to 255; a domain's number is its place.</summary>
    public ImmutableArray<string> Domains { get; init; } = [];

    /// <summary>True where what a token gets depends on the other tokens of its batch, so that one rank must see the whole batch.</summary>
    public bool NeedsWholeBatch => Kind == GateKind.ExpertChoice;

    /// <summary>Notes everything that is wrong with these options for a model.</summary>
    /// <param name="faults">Where to note it.</param>
    /// <param name="prefix">What stands before a key, for example <c>moeplace_gate.</c>.</param>
    /// <param name="experts">Experts of a layer.</param>
    /// <param name="choices">The most experts of a token.</param>
    public void Check(InputFaults faults, string prefix, int experts, int choices)
    {
        ArgumentNullException.ThrowIfNull(faults);
        NotNegative(BalanceCoefficient, "balance_coefficient");
        NotNegative(ZCoefficient, "z_coefficient");
        NotNegative(EntropyCoefficient, "entropy_coefficient");
        faults.Require(Threshold is > 0 and <= 1, prefix + "threshold", Threshold, "above 0, at most 1");
        faults.Require(CostFreeShare is >= 0 and <= 1, prefix + "cost_free_share", CostFreeShare, "0 to 1");
        faults.Require(
            CapacityFactor > 0 && CapacityFactor <= experts, prefix + "capacity_factor", CapacityFactor, $"above 0, at most {experts} (experts)");
        Count(NullExperts, 1, "null_experts");
        Count(ZeroExperts, 0, "zero_experts");
        Count(CopyExperts, 0, "copy_experts");
        Count(ConstantExperts, 0, "constant_experts");
        Count(StateWidth, 1, "state_width");
        if (Kind == GateKind.Domain && faults.Require(
            Domains.Length is >= 1 and <= byte.MaxValue, prefix + "domains", Domains.Length, $"1 to {byte.MaxValue} names"))
            faults.Require(
                experts / Domains.Length >= choices, prefix + "domains", Domains.Length,
                $"at most {experts / choices}, so that the group of each has num_experts_per_tok ({choices}) of {experts} experts");

        void NotNegative(double value, string key) =>
            faults.Require(double.IsFinite(value) && value >= 0, prefix + key, value, "0 or more, finite");
        void Count(int value, int least, string key) =>
            faults.Require(value >= least && value <= MoEModel.MostExperts, prefix + key, value, $"{least} to {MoEModel.MostExperts}");
    }

    /// <summary>Equal when all members are, domains one by one.</summary>
    public bool Equals(GateOptions? other) =>
        other is not null && GateOptionsJson.Write(this).ToJsonString() == GateOptionsJson.Write(other).ToJsonString();

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Kind, Threshold, NullExperts, Seed, Domains.Length);
}
