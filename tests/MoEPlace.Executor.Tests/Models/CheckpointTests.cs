using System.Text.Json.Nodes;
using MoEPlace.Executor.Models;
using MoEPlace.Torch;
using Xunit;

namespace MoEPlace.Executor.Tests.Models;

public sealed class CheckpointTests
{
    public static TheoryData<string> AllLayouts => Layouts.All;

    [Theory]
    [MemberData(nameof(AllLayouts))]
    public void What_is_written_reads_as_the_same_model(string layout)
    {
        using var folder = new ModelFolder();
        using var inference = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        using var model = Layouts.Random(layout, 9);
        for (var again = 0; again < 2; again++)
            CheckpointWriter.Write(folder["written"], Json(model), model.ToCheckpoint(), ScalarType.Float32);
        Assert.Equal(["written"], Directory.GetFileSystemEntries(folder.Path).Select(Path.GetFileName));
        using var read = Layouts.Load(folder["written"]);
        Assert.Equal(model.Parameters.Keys, read.Parameters.Keys);
        foreach (var (name, value) in model.Parameters)
            Assert.Equal(value.ToArray<float>(), read.Parameters[name].ToArray<float>());
        var batch = Batches.Prefill(Batches.Sequences(new SeedStream(9, "written"), model.Config.VocabularySize, 7, 5));
        Assert.Equal(model.Forward(batch, null).ToArray<float>(), read.Forward(batch, null).ToArray<float>());
    }

    [Theory]
    [InlineData(ScalarType.Float16, 1e-3)]
    [InlineData(ScalarType.BFloat16, 8e-3)]
    public void A_narrower_type_keeps_the_weights_as_well_as_it_can(ScalarType type, double most)
    {
        using var folder = new ModelFolder();
        using var scope = torch.NewDisposeScope();
        using var model = Layouts.Random("qwen3-moe", 10);
        CheckpointWriter.Write(folder["narrow"], Json(model), model.ToCheckpoint(), type);
        using var read = Layouts.Load(folder["narrow"]);
        foreach (var (name, value) in model.Parameters)
            Assert.True((value - read.Parameters[name]).abs().max().item() <= most * value.abs().max().item(), name);
        Assert.Equal(type.ToString().ToLowerInvariant(), Json(read)["torch_dtype"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("mixtral")]
    [InlineData("olmoe")]
    public void Experts_that_stand_together_are_read_slot_by_slot(string layout)
    {
        using var folder = new ModelFolder();
        using var scope = torch.NewDisposeScope();
        using var inference = torch.no_grad();
        using var model = Layouts.Random(layout, 11);
        CheckpointWriter.Write(
            folder["stacked"], Json(model),
            model.Parameters.Select(p => (p.Key.Replace("block_sparse_moe", "mlp", StringComparison.Ordinal), p.Value)),
            ScalarType.Float32);
        var placement = Placements.Random(model.Config, 3, new SeedStream(11, "placement"));
        for (var rank = 0; rank < 3; rank++)
        {
            using var read = Layouts.Load(folder["stacked"], placement, rank);
            foreach (var layer in read.Layers)
                foreach (var (expert, slot) in layer.Experts!.Experts.Select((e, s) => (e, s)))
                {
                    var all = model.Layers[layer.Index].Experts!;
                    Assert.Equal(all.GateUp.select(0, expert).ToArray<float>(), layer.Experts.GateUp.select(0, slot).ToArray<float>());
                    Assert.Equal(all.Down.select(0, expert).ToArray<float>(), layer.Experts.Down.select(0, slot).ToArray<float>());
                }
        }
    }

    [Fact]
    public void A_folder_that_cannot_be_written_is_named_and_nothing_is_left()
    {
        using var folder = new ModelFolder();
        File.WriteAllText(folder["file"], "");
        using var model = Layouts.Random("olmoe", 12);
        var config = Json(model);
        Assert.Throws<InputException>(() => CheckpointWriter.Write(folder["file/model"], config, model.ToCheckpoint(), ScalarType.Float32));
        Assert.Throws<InputException>(() => CheckpointWriter.Write(folder["file"], config, model.ToCheckpoint(), ScalarType.Float32));
        Assert.Throws<InvalidOperationException>(() => CheckpointWriter.Write(folder["half"], config, Failing(), ScalarType.Float32));
        Assert.Equal(["file"], Directory.GetFileSystemEntries(folder.Path).Select(Path.GetFileName));

        IEnumerable<(string, Tensor)> Failing()
        {
            yield return model.ToCheckpoint().First();
            throw new InvalidOperationException("no more");
        }
    }

    private static JsonObject Json(MoELanguageModel model) => JsonNode.Parse(model.Config.Json)!.AsObject();
}
