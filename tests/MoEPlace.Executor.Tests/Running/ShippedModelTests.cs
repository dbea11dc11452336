using MoEPlace.Evaluation;
using MoEPlace.Executor.Gates;
using MoEPlace.Executor.Models;
using MoEPlace.Executor.Ranks;
using MoEPlace.Executor.Running;
using MoEPlace.Executor.Tests.Models;
using MoEPlace.Executor.Tests.Ranks;
using MoEPlace.Torch;
using MoEPlace.Traces;
using MoEPlace.Traces.Journals;
using Xunit;

namespace MoEPlace.Executor.Tests.Running;

/// <summary>
/// The trained model that ships answers alike however it runs. A gate of a real model now and then all but ties: such tokens are counted and
/// not compared, and where a tie went another way neither are the tokens after it in its sequence.
/// </summary>
public sealed class ShippedModelTests(ITestOutputHelper output)
{
    private const double Tie = 1e-5;
    private const int Length = 64;
    private static readonly string Folder = Path.Combine(Layouts.Folder("."), "..", "..", "..", "models", "tiny-moe");
    private static readonly TransformerConfig Config = TransformerConfig.Read(Folder);
    private static readonly int[][] Sequences =
    [
        .. File.ReadAllBytes(Path.Combine(Folder, "..", "WORDNET-copyright.txt")).Chunk(Length).Where(chunk => chunk.Length == Length).Take(6)
            .Select(chunk => chunk.Select(b => (int)b).ToArray()),
    ];

    private static readonly Job Job = new() { Prompts = [.. Sequences.Select((ids, s) => new Prompt([.. ids], 16 * (s % 3)))], Batch = 6 };

    private static readonly Lazy<((int Sequence, int Position)[] Tokens, ushort[] Experts, float[] Logits)> Alone = new(() => Run(1, false, Residency.Home, 0));

    [Theory]
    [InlineData(4, false, Residency.Home, 0)]
    [InlineData(4, false, Residency.Home, 1)]
    [InlineData(4, false, Residency.Coherent, 0)]
    [InlineData(4, true, Residency.Home, 2)]
    [InlineData(4, true, Residency.Coherent, 3)]
    [InlineData(3, false, Residency.Coherent, 4)]
    public void It_answers_alike_on_any_ranks(int ranks, bool processes, Residency residency, int seed)
    {
        var alone = Alone.Value;
        var many = Run(ranks, processes, residency, seed);
        Assert.Equal(alone.Tokens, many.Tokens);
        var gaps = GateGaps();
        var (ties, flips, compared, worst) = (0, 0, 0, 0.0);
        var lost = new bool[Sequences.Length];
        foreach (var i in Enumerable.Range(0, alone.Tokens.Length).OrderBy(i => alone.Tokens[i]))
        {
            var (sequence, position) = alone.Tokens[i];
            var width = alone.Experts.Length / alone.Tokens.Length;
            var alike = alone.Experts.AsSpan(i * width, width).SequenceEqual(many.Experts.AsSpan(i * width, width));
            var tie = gaps[sequence][position] < Tie;
            ties += tie ? 1 : 0;
            lost[sequence] |= tie && !alike;
            flips += lost[sequence] ? 1 : 0;
            if (tie || lost[sequence])
                continue;
            Assert.True(alike, $"sequence {sequence}, position {position}: other experts at a gap of {gaps[sequence][position]:E2}");
            var vocabulary = Config.VocabularySize;
            worst = Math.Max(worst, Layouts.Difference(
                alone.Logits.AsSpan(i * vocabulary, vocabulary), many.Logits.AsSpan(i * vocabulary, vocabulary), vocabulary));
            compared++;
        }
        output.WriteLine(FormattableString.Invariant(
            $"{compared} of {gaps.Length * Length} tokens compared, {ties} near ties, {flips} after a tie that went another way; greatest difference {worst:E2}"));
        Assert.InRange(worst, 0, 1e-5);
        Assert.True(compared > gaps.Length * Length * 9 / 10, $"only {compared} compared");
    }

    private static ((int Sequence, int Position)[] Tokens, ushort[] Experts, float[] Logits) Run(
        int ranks, bool processes, Residency residency, int seed)
    {
        using var folder = new TempFolder();
        var placement = seed == 0 ? Placements.Contiguous(Config, ranks) : Placements.Random(Config, ranks, new SeedStream(seed, "placement"));
        var journal = folder["journal"];
        RankRun.CreateJournal(journal, new TraceHeader(Config.ToModel(sizeof(float)), TraceOrigin.Measured, "test", "", ChoiceOrder.ByWeight, []), ranks);
        var logits = new List<float>();
        var options = new RunOptions
        {
            Placement = placement,
            Residency = residency,
            JournalFolder = journal,
            Logits = values => logits.AddRange(values),
        };
        var result = (processes ? ProcessRankThreads.Run(ranks, Work) : VirtualRanks.Run(ranks, Work))[0];
        var (trace, _) = JournalTrace.Open(journal);
        using (trace)
        {
            var count = (int)trace.Tokens;
            var experts = new ushort[count * trace.Layers * trace.TopK];
            trace.CopyExperts(0, count, experts);
            var judged = PlacementCost.Evaluate(
                new TraceSlice(trace, TraceSplit.All), placement, ClusterPresets.Parse($"{placement.Nodes}x{placement.RanksPerNode}"),
                new EvaluationOptions { Residency = residency }).Measures;
            var sent = result.Prefill + result.Decode;
            Assert.Equal(
                (judged.DispatchBytes, judged.CombineBytes, judged.ContextBytes, judged.InterNodeBytes),
                (sent.DispatchBytes, sent.CombineBytes, sent.ContextBytes, sent.InterNodeBytes));
            var (sequences, positions) = (trace.Sequence(0, count).ToArray(), trace.Position(0, count).ToArray());
            return ([.. sequences.Zip(positions)], experts, [.. logits]);
        }

        RunResult Work(IRankGroup group)
        {
            using var model = Layouts.Load(Folder, placement, group.Rank);
            return RankRun.Run(group, model, Job, options);
        }
    }

    /// <summary>[sequences][positions] the least difference, over layers, of two neighbours in the order of a gate's probabilities down to the first not chosen.</summary>
    private static double[][] GateGaps()
    {
        using var scope = torch.NewDisposeScope();
        using var model = Layouts.Load(Folder);
        using var still = torch.no_grad();
        var batch = Batches.Prefill(Sequences);
        var gaps = Sequences.Select(ids => Enumerable.Repeat(double.PositiveInfinity, ids.Length).ToArray()).ToArray();
        var residual = model.Embed(batch.Ids);
        foreach (var layer in model.Layers)
        {
            residual = layer.Attend(residual, batch, null);
            var hidden = layer.Normalise(residual);
            var (likeliest, _) = torch.nn.functional.linear(hidden, layer.Gate!.Parameters.Values.Single()).softmax(-1).topk(Config.Choices + 1);
            var steps = (likeliest.narrow(1, 0, Config.Choices) - likeliest.narrow(1, 1, Config.Choices)).ToArray<float>();
            for (var i = 0; i < steps.Length; i++)
            {
                var (sequence, position) = (batch.Sequences[i / Config.Choices], batch.Positions[i / Config.Choices]);
                gaps[sequence][position] = Math.Min(gaps[sequence][position], steps[i]);
            }
            var choice = layer.Gate.Choose(new GateInput(layer.Ordinal, hidden, null, batch));
            int[] slots = [.. choice.Experts.ToArray<long>().Select(expert => (int)expert)], rows = [.. slots.Select((_, i) => i / Config.Choices)];
            residual = residual + layer.Experts!.Forward(hidden, rows, slots, choice.Weights.reshape(-1));
        }
        return gaps;
    }
}
