using System.Globalization;
using System.Text.RegularExpressions;
using MoEPlace.Traces.Models;
using Xunit;

namespace MoEPlace.Traces.Tests.Models;

public sealed class ModelConfigTests
{
    public static TheoryData<string, string> BuiltInAndFile => new()
    {
        { "deepseek-r1", "deepseek-ai--DeepSeek-R1_config.json" },
        { "deepseek-v2-lite", "infsim--deepseek-v2-lite.json" },
        { "deepseek-v3", "deepseek-ai--DeepSeek-V3_config.json" },
        { "gpt-oss-120b", "openai--gpt-oss-120b_config.json" },
        { "gpt-oss-20b", "openai--gpt-oss-20b_config.json" },
        { "kimi-k2", "moonshotai--Kimi-K2-Instruct_config.json" },
        { "mixtral-8x22b", "mistralai--Mixtral-8x22B-v0.1_config.json" },
        { "mixtral-8x7b", "mistralai--Mixtral-8x7B-v0.1_config.json" },
        { "olmoe-1b-7b", "moelrc--olmoe.json" },
        { "qwen3-235b-a22b", "Qwen--Qwen3-235B-A22B_config.json" },
        { "qwen3-30b-a3b", "Qwen--Qwen3-30B-A3B_config.json" },
    };

    [Fact]
    public void Every_configuration_gives_the_numbers_of_the_table_of_models()
    {
        var folder = SharedData.Path("models", "configs");
        var rows = File.ReadAllLines(SharedData.Path("models", "models.md"))
            .Select(l => l.Split('|', StringSplitOptions.TrimEntries)).Where(c => c.Length == 18 && c[16].Contains("config.json", StringComparison.Ordinal)).ToList();
        Assert.Equal(27, rows.Count);
        Assert.All(rows, row => Check(ModelConfig.Read(FileOf(folder, row[16])), row));
        Assert.Equal(Directory.GetFiles(folder).Length, rows.Select(r => FileOf(folder, r[16])).Distinct().Count());
    }

    [Theory]
    [InlineData("meta-llama--Llama-4-Maverick-17B-128E-Instruct_config.json", "1,3,5")]
    [InlineData("moelrc--jamba.json", "1,3,5")]
    [InlineData("moelrc--openmoe.json", "5,11,17")]
    [InlineData("moelrc--nllb.json", "3,7,11")]
    [InlineData("moelrc--switch.json", "1,3,5")]
    [InlineData("zai-org--GLM-5_config.json", "3,4,5")]
    public void Layers_stand_where_the_modelling_code_puts_them(string file, string first)
    {
        var model = ModelConfig.Read(SharedData.Path("models", "configs", file));
        Assert.Equal(first, string.Join(',', model.MoeLayerIds.Take(3)));
    }

    [Theory]
    [MemberData(nameof(BuiltInAndFile))]
    public void A_built_in_model_is_what_its_configuration_says(string name, string file)
    {
        var expected = ModelConfig.Read(SharedData.Path("models", "configs", file)) with { Name = name };
        Assert.Equal(expected, ModelConfig.Read(name));
    }

    [Fact]
    public void Built_in_models_need_no_file()
    {
        Assert.Equal(BuiltInAndFile.Select(row => row.Data.Item1), ModelConfig.BuiltIn);
        var model = ModelConfig.Read("gpt-oss-20b");
        Assert.Equal((24, 24, 32, 4), (model.HiddenLayers, model.Layers, model.Experts, model.TopK));
        // 3 matrices of 2880 x 2880 at 4.25 bits.
        Assert.Equal(13_219_200, model.Dimensions!.ExpertBytes);
    }

    [Fact]
    public void Multi_head_latent_attention_is_told_apart()
    {
        var d = ModelConfig.Read("deepseek-v3").Dimensions!;
        Assert.Equal((512, 1536, 64, 128, 128), (d.KeyValueLatentSize, d.QueryLatentSize, d.RotaryHeadSize, d.HeadSize, d.ValueHeadSize));
        Assert.Equal((512 + 64) * 2, d.KeyValueBytesPerTokenLayer);
    }

    [Fact]
    public void Layers_can_be_kept_by_their_model_layer_ids()
    {
        var model = ModelConfig.Read("deepseek-v2-lite", "1-3,26");
        Assert.Equal([1, 2, 3, 26], model.MoeLayerIds);
        Assert.Equal(27, model.HiddenLayers);
    }

    [Fact]
    public void A_model_of_ours_is_read_as_it_was_written()
    {
        using var folder = new TempFolder();
        var path = folder.Write("model.json", System.Text.Json.JsonSerializer.Serialize(ModelConfig.Read("olmoe-1b-7b"), StrictJson.Options));
        Assert.Equal(ModelConfig.Read("olmoe-1b-7b"), ModelConfig.Read(path));
    }

    private static string FileOf(string folder, string source)
    {
        var path = Regex.Match(source, @"\S+\.json").Value;
        var parent = Path.GetFileName(Path.GetDirectoryName(path))!;
        string[] candidates = [Path.GetFileName(path), $"moelrc--{parent}.json", $"infsim--{parent}.json"];
        return candidates.Select(c => Path.Combine(folder, c)).First(File.Exists);
    }

    private static void Check(MoEModel model, string[] row)
    {
        var d = model.Dimensions!;
        Assert.Equal(Sum(row[2]), model.HiddenLayers);
        Assert.Equal(row[3].Contains("every", StringComparison.Ordinal) ? Numbers(row[3])[0] : Sum(row[3].Split('(')[0]), model.Layers);
        Assert.Equal(Sum(row[4]), d.HiddenSize);
        Assert.Equal(Sum(row[5]), d.ExpertIntermediateSize);
        Assert.Equal(model.Layers < model.HiddenLayers ? Sum(row[6]) : 0, d.DenseIntermediateSize);
        Assert.Equal(Sum(row[7]), model.Experts);
        Assert.Equal(Sum(row[8]), model.TopK);
        var shared = Numbers(row[9]);
        Assert.Equal(shared.Length switch { 0 => 0, 1 => shared[0] * d.ExpertIntermediateSize, _ => shared[1] }, d.SharedIntermediateSize);
        var heads = Numbers(row[11]);
        Assert.Equal(heads[0], d.AttentionHeads);
        Assert.Equal(heads.Length > 1 ? heads[1] : heads[0], d.KeyValueHeads);
        if (d.KeyValueLatentSize == 0)
            Assert.Equal(row[12] == "—" ? d.HiddenSize / d.AttentionHeads : Sum(row[12]), model.Name == "jetmoe" ? 64 : d.HeadSize);
        Assert.Equal(Sum(row[13]), d.VocabularySize);
        var bytes = row[15] switch
        {
            var t when t.EndsWith("fp8", StringComparison.Ordinal) => 1,
            var t when t.EndsWith("mxfp4", StringComparison.Ordinal) => 0.53125,
            "float32" => 4,
            _ => 2,
        };
        Assert.Equal(bytes, d.BytesPerExpertParameter);
    }

    private static int[] Numbers(string cell) =>
        [.. Regex.Matches(cell, @"\d+").Select(m => int.Parse(m.Value, CultureInfo.InvariantCulture))];

    private static int Sum(string cell) => Numbers(cell).Sum();
}
