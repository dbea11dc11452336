using MoEPlace.Executor.Gates;
using MoEPlace.Executor.Models;
using MoEPlace.Executor.Ranks;
using MoEPlace.Executor.Running;
using MoEPlace.Executor.Tests.Models;
using MoEPlace.Executor.Training;
using MoEPlace.Torch;
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
    public void Logits_do_not_depend_on_ranks_and_residency(GateKind kind)
    {
        using var folder = new TempFolder();
        Write(kind, folder["model"]);
        var job = new Job { Prompts = [.. Enumerable.Range(0, 6).Select(Prompt)], Batch = 4 };
        var alone = Run(1, Residency.Home);
        foreach (var residency in Enum.GetValues<Residency>())
            Assert.InRange(Layouts.Difference(alone, Run(3, residency), Corpus.Vocabulary), 0, 1e-5);

        float[] Run(int ranks, Residency residency)
        {
            var logits = new List<float>();
            var placement = Placements.Random(TransformerConfig.Read(folder["model"]), ranks, new SeedStream(ranks, "placement"));
            VirtualRanks.Run(ranks, group =>
            {
                using var model = Layouts.Load(folder["model"], placement, group.Rank);
                return RankRun.Run(group, model, job, new RunOptions
                {
                    Placement = placement,
                    Residency = residency,
                    Logits = rows => logits.AddRange(rows),
                }, TestContext.Current.CancellationToken);
            });
            return [.. logits];
        }
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
