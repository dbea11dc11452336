using MoEPlace.Evaluation;
using MoEPlace.Executor.Gates;
using MoEPlace.Executor.Models;
using MoEPlace.Executor.Ranks;
using MoEPlace.Executor.Running;
using MoEPlace.Executor.Tests.Models;
using MoEPlace.Executor.Training;
using MoEPlace.Torch;
using MoEPlace.Traces;
using MoEPlace.Traces.Journals;
using Xunit;

namespace MoEPlace.Executor.Tests.Running;

/// <summary>Gates that carry something from layer to layer, and experts that cost nothing, over ranks.</summary>
public sealed class GateKindTests
{
    private const int Length = 24;

    public static TheoryData<GateKind> Kinds =>
        [GateKind.TopP, GateKind.NullExperts, GateKind.CostFreeExperts, GateKind.Recurrent, GateKind.PreGate, GateKind.Random, GateKind.Domain];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Logits_do_not_depend_on_ranks_and_residency_and_bytes_are_the_judges(GateKind kind)
    {
        using var folder = new TempFolder();
        Write(kind, folder["model"]);
        var job = new Job { Prompts = [.. Enumerable.Range(0, 6).Select(Prompt)], Batch = 4 };
        var config = TransformerConfig.Read(folder["model"]);
        var alone = Run(1, Residency.Home);
        foreach (var residency in Enum.GetValues<Residency>())
            Assert.InRange(Layouts.Difference(alone, Run(3, residency), Corpus.Vocabulary), 0, 1e-5);

        float[] Run(int ranks, Residency residency)
        {
            var logits = new List<float>();
            var options = new RunOptions
            {
                Placement = Placements.Random(config, ranks, new SeedStream(ranks, "placement")),
                Residency = residency,
                Logits = rows => logits.AddRange(rows),
                JournalFolder = folder[$"{residency}{ranks}"],
            };
            RankRun.CreateJournal(
                options.JournalFolder,
                new TraceHeader(config.ToModel(sizeof(float)), TraceOrigin.Measured, "test", "", ChoiceOrder.ByWeight, ["a", "b"]), ranks);
            var result = VirtualRanks.Run(ranks, group =>
            {
                using var model = Layouts.Load(folder["model"], options.Placement, group.Rank);
                return RankRun.Run(group, model, job, options, TestContext.Current.CancellationToken);
            })[0];
            RequireTheJudgesBytes(result, options, folder["trace"]);
            return [.. logits];
        }
    }

    private static void RequireTheJudgesBytes(RunResult result, RunOptions options, string path)
    {
        JournalTrace.Write(options.JournalFolder!, path);
        using var trace = RoutingTrace.Open(path);
        var judged = PlacementCost.Evaluate(
            new TraceSlice(trace, TraceSplit.All), options.Placement, ClusterPresets.Parse($"1x{options.Placement.Ranks}"),
            new EvaluationOptions { Residency = options.Residency }).Measures;
        Assert.Equal(
            new Traffic(judged.DispatchBytes!.Value, judged.CombineBytes!.Value, judged.ContextBytes!.Value, 0), result.Prefill + result.Decode);
    }

    [Fact]
    public void A_gate_that_must_see_the_whole_batch_runs_on_one_rank_alone()
    {
        using var folder = new TempFolder();
        Write(GateKind.ExpertChoice, folder["model"]);
        var (faults, job) = (new InputFaults("run"), new Job { Prompts = [Prompt(0)] });
        job.Check(faults, TransformerConfig.Read(folder["model"]), 1);
        Assert.False(faults.Any);
        job.Check(faults, TransformerConfig.Read(folder["model"]), 2);
        Assert.Contains("--ranks = 2; allowed: 1", faults.ToImmutable()[0].ToString(), StringComparison.Ordinal);
    }

    private static Prompt Prompt(int sequence)
    {
        var stream = new SeedStream(sequence, "ids");
        return new Prompt([.. Enumerable.Range(0, Length).Select(_ => stream.Next(Corpus.Vocabulary))], sequence % 3 * 6, 0, (byte)(sequence % 2));
    }

    private static void Write(GateKind kind, string folder)
    {
        var config = ByteModelConfig.Of(new TrainingOptions
        {
            Hidden = 32,
            Layers = 4,
            Experts = 8,
            TopK = 2,
            Intermediate = 24,
            Heads = 2,
            KeyValueHeads = 1,
            Length = Length,
            Gate = new GateOptions { Kind = kind, StateWidth = 8, Domains = ["a", "b"] },
        });
        // Weights so large that choices are clear.
        config["initializer_range"] = 0.25;
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "config.json"), config.ToJsonString());
        using var model = MoELanguageModel.Initialise(TransformerConfig.Read(folder), 5, TorchDevice.Cpu);
        CheckpointWriter.Write(folder, config, model.ToCheckpoint(), ScalarType.Float32);
    }
}
