using MoEPlace.Executor.Gates;
using MoEPlace.Executor.Models;
using MoEPlace.Executor.Ranks;
using MoEPlace.Executor.Training;
using MoEPlace.Torch;
using MoEPlace.Traces.Safetensors;
using Xunit;

namespace MoEPlace.Executor.Tests.Training;

public sealed class TrainerTests
{
    public static TheoryData<GateKind> Kinds => [.. Enum.GetValues<GateKind>()];

    public static TheoryData<GateKind> SharedKinds =>
        [.. Enum.GetValues<GateKind>().Where(kind => !new GateOptions { Kind = kind }.NeedsWholeBatch)];

    [Fact]
    public void Learns()
    {
        using var text = new TinyText();
        using var trainer = text.Begin(TinyText.Options with { Steps = 60 });
        for (var step = 1; step <= 60; step++)
            trainer.Advance(point: step % 10 == 0, stop: false);
        var losses = trainer.Log.Training.Select(p => p.Loss).ToArray();
        Assert.Equal(Math.Log(256), losses[0], 1.5);
        Assert.True(losses[^1] < losses[0] - 1.5, string.Join(' ', losses));
        Assert.All(trainer.Log.Training, p => Assert.All(p.Imbalance, i => Assert.InRange(i, 1, 6)));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Steps_at_once_equal_steps_with_a_stop_between_bit_by_bit(GateKind kind)
    {
        using var text = new TinyText();
        var options = text.With(kind);
        using var whole = text.Begin(options);
        using var first = text.Begin(options);
        using var second = text.Begin(options);
        var state = Path.Combine(text.Folder, "state.safetensors");
        for (var step = 0; step < 5; step++)
        {
            whole.Advance(point: step == 2, stop: false);
            if (step < 2)
                first.Advance(point: false, stop: false);
        }
        first.Save(state);
        second.Resume(state);
        for (var step = 2; step < 5; step++)
            second.Advance(point: step == 2, stop: false);
        var (expected, got) = (TinyText.Weights(whole), TinyText.Weights(second));
        Assert.Equal(expected.Keys, got.Keys);
        foreach (var (name, values) in expected)
            Assert.True(values.AsSpan().SequenceEqual(got[name]), name);
        Assert.Equal(whole.Log.Training[0].Loss, second.Log.Training[0].Loss);
        Assert.NotEqual(expected.Values.SelectMany(v => v).Sum(), TinyText.Weights(first).Values.SelectMany(v => v).Sum());
    }

    [Fact]
    public void Ranks_that_share_a_batch_go_on_bit_by_bit()
    {
        using var text = new TinyText();
        var state = Path.Combine(text.Folder, "state.safetensors");
        var whole = Train(0, 5);
        Train(0, 2);
        var parts = Train(2, 5);
        foreach (var (expected, got) in whole.Zip(parts))
            foreach (var (name, values) in expected)
                Assert.True(values.AsSpan().SequenceEqual(got[name]), name);

        Dictionary<string, float[]>[] Train(int from, int to) => VirtualRanks.Run(2, group =>
        {
            using var trainer = text.Begin(TinyText.Options, group);
            if (from > 0)
                trainer.Resume(state);
            for (var step = from; step < to; step++)
                trainer.Advance(point: step == 2, stop: false);
            group.Barrier();
            if (group.Rank == 0)
                trainer.Save(state);
            return TinyText.Weights(trainer);
        });
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public void Ranks_that_share_a_batch_train_as_one_that_has_it_all(int ranks)
    {
        using var text = new TinyText();
        var options = TinyText.Options with { LearningRate = 1e-3 };
        using var alone = text.Begin(options);
        for (var step = 0; step < 4; step++)
            alone.Advance(point: step == 3, stop: false);
        var expected = TinyText.Weights(alone);
        var together = VirtualRanks.Run(ranks, group =>
        {
            using var trainer = text.Begin(options, group);
            var stopped = false;
            for (var step = 0; step < 4; step++)
                stopped = trainer.Advance(point: step == 3, stop: step == 3 && group.Rank == ranks - 1);
            return (Weights: TinyText.Weights(trainer), trainer.Log, stopped);
        });
        foreach (var (weights, log, stopped) in together)
        {
            Assert.True(stopped);
            Assert.Equal(alone.Log.Training[0].Loss, log.Training[0].Loss, 1e-4);
            Assert.Equal(alone.Log.Training[0].GradientNorm, log.Training[0].GradientNorm, 1e-3);
            foreach (var (name, values) in expected)
                for (var i = 0; i < values.Length; i++)
                {
                    // AdamW turns a gradient near 0 into a step near the learning rate: rounding shows up to a few of those.
                    Assert.Equal(values[i], weights[name][i], 4e-3);
                    Assert.Equal(together[0].Weights[name][i], weights[name][i]);
                }
        }
    }

    [Theory]
    [MemberData(nameof(SharedKinds))]
    public void Gradients_of_ranks_are_those_of_the_whole_batch(GateKind kind)
    {
        using var text = new TinyText();
        // Nothing is clipped, so AdamW's first moment after one step is a tenth of the gradient.
        var options = text.With(kind) with { Clip = 1e6 };
        using var alone = text.Begin(options);
        alone.Advance(point: true, stop: false);
        var expected = FirstMoments(alone, text);
        var together = VirtualRanks.Run(2, group =>
        {
            using var trainer = text.Begin(options, group);
            trainer.Advance(point: true, stop: false);
            return (Moments: FirstMoments(trainer, text, group.Rank), Point: trainer.Log.Training[0]);
        });
        var point = alone.Log.Training[0];
        foreach (var (moments, its) in together)
        {
            Assert.Equal(point.Loss, its.Loss, 1e-5);
            Assert.Equal(point.GateLoss, its.GateLoss, 1e-7);
            Assert.Equal(point.Imbalance, its.Imbalance);
            Assert.Equal(expected.Keys, moments.Keys);
            foreach (var (name, values) in expected)
            {
                var largest = values.Max(Math.Abs);
                for (var i = 0; i < values.Length; i++)
                    Assert.True(Math.Abs(values[i] - moments[name][i]) <= 2e-5 * largest, $"{name}[{i}]: {values[i]}, {moments[name][i]}; {largest}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_model_that_is_written_and_loaded_computes_the_same(GateKind kind)
    {
        using var text = new TinyText();
        using var scope = torch.NewDisposeScope();
        using var trainer = text.Begin(text.With(kind));
        trainer.Advance(point: false, stop: false);
        var folder = Path.Combine(text.Folder, "model");
        CheckpointWriter.Write(folder, ByteModelConfig.Of(trainer.Log.Options), trainer.Model.ToCheckpoint(), ScalarType.Float32);
        using var checkpoint = Checkpoint.Open(folder);
        using var loaded = MoELanguageModel.Load(checkpoint, null, new RankId(0), TorchDevice.Cpu, ScalarType.Float32);
        var windows = text.Corpus.HeldOut(3, 16);
        Assert.Equal(
            HeldOutPass.Evaluate(trainer.Model, 1, windows, 2, 2).DomainLoss, HeldOutPass.Evaluate(loaded, 1, windows, 2, 2).DomainLoss);
        Assert.Equal(trainer.Log.Options.Gate.Kind, checkpoint.Config.OtherGate?.Kind ?? GateKind.TopK);
    }

    [Fact]
    public void A_gradient_that_is_not_finite_ends_training_before_the_weights_change()
    {
        using var text = new TinyText();
        using var scope = torch.NewDisposeScope();
        using var trainer = text.Begin(TinyText.Options);
        using (torch.no_grad())
        {
            // The logits and the loss stay as they are; the gradient of the head becomes too large for its square.
            trainer.Model.Parameters["model.norm.weight"].mul_(1e30);
            trainer.Model.Parameters["lm_head.weight"].mul_(1e-30);
        }
        var before = TinyText.Weights(trainer);
        var failure = Assert.Throws<DivergenceException>(() => trainer.Advance(point: true, stop: false));
        Assert.Matches(@"^step 1 of training has loss 5\.\d+ and gradient norm (Infinity|NaN);", failure.Message);
        Assert.Equal(0, trainer.Log.StepsDone);
        foreach (var (name, values) in TinyText.Weights(trainer))
            Assert.True(values.AsSpan().SequenceEqual(before[name]), name);
    }

    [Fact]
    public void Refuses_a_state_of_other_options_ranks_or_text()
    {
        using var text = new TinyText();
        using var other = new TinyText();
        File.AppendAllText(Path.Combine(other.TextFolder, "verse.txt"), "one line more\n");
        var state = Path.Combine(text.Folder, "state.safetensors");
        using (var trainer = text.Begin(TinyText.Options))
            trainer.Save(state);
        var changed = TinyText.Options with { Seed = 2, LearningRate = 3e-3 };
        var config = Path.Combine(other.Folder, "config.json");
        OutputFile.WriteText(config, ByteModelConfig.Of(changed).ToJsonString());
        var fault = Assert.Throws<InputException>(() => VirtualRanks.Run(2, group =>
        {
            using var second = new Trainer(changed, TransformerConfig.Read(config), Corpus.Read([other.TextFolder], 16), group);
            second.Resume(state);
            return 0;
        }));
        foreach (var told in new[] { "seed", "learningRate", "as the run began", "ranks = 2; allowed: 1", "text" })
            Assert.Contains(told, fault.Message, StringComparison.Ordinal);
        using var third = text.Begin(TinyText.Options);
        Assert.Throws<InputException>(() => third.Resume(config));
    }

    private static Dictionary<string, float[]> FirstMoments(Trainer trainer, TinyText text, int rank = 0)
    {
        var path = Path.Combine(text.Folder, $"moments-{rank}.safetensors");
        trainer.Save(path);
        using var file = SafetensorsFile.Open(path);
        return file.Header.Tensors.Where(t => t.Key.StartsWith("first.", StringComparison.Ordinal))
            .ToDictionary(t => t.Key, t => file.Elements<float>(t.Value, 0, (int)t.Value.Elements).ToArray());
    }
}
