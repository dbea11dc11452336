using System.CommandLine;
using MoEPlace.Executor.Gates;
using MoEPlace.Executor.Training;

namespace MoEPlace.Cli;

/// <summary>The options of <c>train</c> that say what the model becomes.</summary>
internal sealed class TrainOptions
{
    private static readonly TrainingOptions Defaults = new();
    private readonly Option<int> steps = Whole("--steps", "Steps of training.", Defaults.Steps);
    private readonly Option<int> batch = Whole("--batch", "Sequences of a step, over all ranks.", Defaults.Batch);
    private readonly Option<int> length = Whole("--length", "Tokens (bytes) of a sequence.", Defaults.Length);
    private readonly Option<int> hidden = Whole("--hidden", "Width of the hidden state.", Defaults.Hidden);
    private readonly Option<int> layers = Whole("--layers", "Layers, each with experts.", Defaults.Layers);
    private readonly Option<int> experts = Whole("--experts", "Experts of a layer.", Defaults.Experts);
    private readonly Option<int> topK = Whole("--top-k", "The most experts of a token.", Defaults.TopK);
    private readonly Option<int> intermediate = Whole("--intermediate", "Width of an expert.", Defaults.Intermediate);
    private readonly Option<int> heads = Whole("--heads", "Query heads.", Defaults.Heads);
    private readonly Option<int> keyValueHeads = Whole("--kv-heads", "Key and value heads.", Defaults.KeyValueHeads);
    private readonly Option<string> gate = CommonOptions.Choice("--gate", "Who picks the experts.", "top_k", [.. GateOptionsJson.Names]);
    private readonly Option<double> threshold =
        Real("--threshold", "Gate top_p: share of probability that is enough.", Defaults.Gate.Threshold);
    private readonly Option<int> nullExperts = Whole("--null-experts", "Gate null_experts: how many.", Defaults.Gate.NullExperts);
    private readonly Option<double> balance =
        Real("--balance", "Weight of the loss that keeps experts in even use.", Defaults.Gate.BalanceCoefficient);
    private readonly Option<double> rate = Real("--learning-rate", "The highest learning rate.", Defaults.LearningRate);
    private readonly Option<int> warmup = Whole("--warmup", "Steps in which the learning rate rises to it.", Defaults.Warmup);
    private readonly Option<double> decay = Real("--weight-decay", "AdamW's weight decay.", Defaults.WeightDecay);
    private readonly Option<double> clip = Real("--clip", "The greatest norm of a gradient.", Defaults.Clip);
    private readonly Option<long> seed = new("--seed")
    {
        Description = "The same seed, text and options give the same model.",
        DefaultValueFactory = _ => Defaults.Seed,
    };

    public void AddTo(Command command)
    {
        foreach (var option in new Option[]
        {
            steps, batch, length, hidden, layers, experts, topK, intermediate, heads, keyValueHeads, gate, threshold, nullExperts, balance, rate,
            warmup, decay, clip, seed,
        })
            command.Add(option);
    }

    /// <summary>Tokens of a sequence, which the text must hold.</summary>
    public int Length(ParseResult parsed) => parsed.GetValue(length);

    /// <summary>What was asked for; what is wrong is noted.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="domains">The names of the texts, which gate domain divides experts among.</param>
    /// <param name="ranks">Ranks that share a batch.</param>
    /// <param name="faults">Where to note it.</param>
    public TrainingOptions Read(ParseResult parsed, IEnumerable<string> domains, int ranks, InputFaults faults)
    {
        var kind = GateOptionsJson.KindOf(parsed.GetValue(gate))!.Value;
        Only(threshold, GateKind.TopP);
        Only(nullExperts, GateKind.NullExperts);
        var options = new TrainingOptions
        {
            Steps = parsed.GetValue(steps),
            Batch = parsed.GetValue(batch),
            Length = parsed.GetValue(length),
            Hidden = parsed.GetValue(hidden),
            Layers = parsed.GetValue(layers),
            Experts = parsed.GetValue(experts),
            TopK = parsed.GetValue(topK),
            Intermediate = parsed.GetValue(intermediate),
            Heads = parsed.GetValue(heads),
            KeyValueHeads = parsed.GetValue(keyValueHeads),
            Gate = new GateOptions
            {
                Kind = kind,
                Threshold = parsed.GetValue(threshold),
                NullExperts = parsed.GetValue(nullExperts),
                BalanceCoefficient = parsed.GetValue(balance),
                CapacityFactor = Math.Min(Defaults.Gate.CapacityFactor, Math.Max(1, parsed.GetValue(topK))),
                Seed = parsed.GetValue(seed),
                Domains = kind == GateKind.Domain ? [.. domains] : [],
            },
            LearningRate = parsed.GetValue(rate),
            Warmup = parsed.GetValue(warmup),
            WeightDecay = parsed.GetValue(decay),
            Clip = parsed.GetValue(clip),
            Seed = parsed.GetValue(seed),
        };
        options.Check(faults, ranks);
        return options;

        void Only(Option option, GateKind one) => faults.Require(
            kind == one || parsed.GetResult(option) is not { Implicit: false }, option.Name, GateOptionsJson.NameOf(kind),
            $"--gate {GateOptionsJson.NameOf(one)}");
    }

    private static Option<int> Whole(string name, string description, int fallback) =>
        new(name) { Description = description, DefaultValueFactory = _ => fallback };

    private static Option<double> Real(string name, string description, double fallback) =>
        new(name) { Description = description, DefaultValueFactory = _ => fallback };
}
