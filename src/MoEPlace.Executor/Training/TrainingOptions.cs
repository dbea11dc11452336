using MoEPlace.Executor.Gates;

namespace MoEPlace.Executor.Training;

/// <summary>What makes a model what it becomes: the same options and the same text give the same weights.</summary>
public sealed record TrainingOptions
{
    /// <summary>Steps, 1 or more.</summary>
    public int Steps { get; init; } = 2000;

    /// <summary>Sequences of a step, 1 or more, over all ranks.</summary>
    public int Batch { get; init; } = 16;

    /// <summary>Tokens of a sequence, 2 or more.</summary>
    public int Length { get; init; } = 256;

    /// <summary>Width of the residual stream; a multiple of twice the heads.</summary>
    public int Hidden { get; init; } = 128;

    /// <summary>Layers, each with experts.</summary>
    public int Layers { get; init; } = 8;

    /// <summary>Experts of a layer.</summary>
    public int Experts { get; init; } = 16;

    /// <summary>The most experts of a token.</summary>
    public int TopK { get; init; } = 2;

    /// <summary>Width of one expert.</summary>
    public int Intermediate { get; init; } = 160;

    /// <summary>Query heads.</summary>
    public int Heads { get; init; } = 4;

    /// <summary>Key and value heads, a divisor of the heads.</summary>
    public int KeyValueHeads { get; init; } = 2;

    /// <summary>Who picks the experts.</summary>
    public GateOptions Gate { get; init; } = new();

    /// <summary>The highest learning rate, above 0.</summary>
    public double LearningRate { get; init; } = 2e-3;

    /// <summary>Steps in which the learning rate rises to it; it then falls along a cosine to a tenth.</summary>
    public int Warmup { get; init; } = 100;

    /// <summary>AdamW's weight decay, 0 or more.</summary>
    public double WeightDecay { get; init; } = 0.01;

    /// <summary>The greatest norm of a gradient, above 0.</summary>
    public double Clip { get; init; } = 1;

    /// <summary>Seed of weights and windows.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>Notes everything that is wrong.</summary>
    /// <param name="faults">Where to note it.</param>
    /// <param name="ranks">Ranks that share a batch.</param>
    public void Check(InputFaults faults, int ranks)
    {
        ArgumentNullException.ThrowIfNull(faults);
        Whole("--steps", Steps, 1, 10_000_000);
        Whole("--batch", Batch, 1, 1 << 16);
        Whole("--length", Length, 2, 1 << 16);
        Whole("--hidden", Hidden, 2, 1 << 14);
        Whole("--layers", Layers, 1, 256);
        Whole("--experts", Experts, 1, 1024);
        Whole("--intermediate", Intermediate, 1, 1 << 16);
        Whole("--warmup", Warmup, 0, 10_000_000);
        var headed = Whole("--heads", Heads, 1, 1 << 10);
        if (headed && Whole("--kv-heads", KeyValueHeads, 1, Heads))
            faults.Require(Heads % KeyValueHeads == 0, "--kv-heads", KeyValueHeads, $"a divisor of --heads ({Heads})");
        if (headed)
            faults.Require(Hidden % (2 * Heads) == 0, "--hidden", Hidden, $"a multiple of twice --heads ({2 * Heads})");
        var chosen = Whole("--top-k", TopK, 1, Math.Max(1, Experts));
        Real("--learning-rate", LearningRate, above: true);
        Real("--weight-decay", WeightDecay, above: false);
        Real("--clip", Clip, above: true);
        if (faults.Require(ranks is >= 1 and <= 1024, "--ranks", ranks, "1 to 1024"))
        {
            faults.Require(Batch % ranks == 0, "--batch", Batch, $"a multiple of --ranks ({ranks})");
            faults.Require(
                ranks == 1 || !Gate.NeedsWholeBatch, "--gate", GateOptionsJson.NameOf(Gate.Kind),
                "another gate with --ranks above 1: it must see the whole batch");
        }
        if (chosen && Experts >= 1)
            Gate.Check(faults, "--gate ", Experts, TopK);

        bool Whole(string option, int value, int least, int most) =>
            faults.Require(value >= least && value <= most, option, value, $"{least} to {most}");
        void Real(string option, double value, bool above) => faults.Require(
            double.IsFinite(value) && (above ? value > 0 : value >= 0), option, value, above ? "above 0, finite" : "0 or more, finite");
    }

    /// <summary>
    /// The learning rate of a step: a linear rise, then half a cosine down to a tenth (Loshchilov and Hutter 2017, equation 5).
    /// </summary>
    /// <param name="step">From 0.</param>
    public double RateOf(long step)
    {
        if (step < Warmup)
            return LearningRate * (step + 1) / Warmup;
        var done = (double)(step - Warmup) / Math.Max(1, Steps - Warmup);
        return LearningRate * (0.1 + 0.45 * (1 + Math.Cos(Math.PI * Math.Min(1, done))));
    }
}
