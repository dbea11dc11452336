using System.IO.Compression;
using System.Text;
using MoEPlace.Traces.Importers;
using MoEPlace.Traces.Models;
using MoEPlace.Traces.Pickle;
using MoEPlace.Traces.Tests.Fixtures;
using MoEPlace.Traces.Tests.Importers;
using MoEPlace.Traces.Tests.Npy;
using Xunit;

namespace MoEPlace.Traces.Tests.BadInput;

/// <summary>Bad recordings of engines, pickles and models.</summary>
public sealed class BadRecordingTests
{
    private const string Model = """{"name":"m","hiddenLayers":3,"moeLayerIds":[1,2],"experts":4,"topK":2}""";
    private static readonly byte[] Routed = [0, 0, 1, 2, 0, 0, 3, 1];

    private static readonly Dictionary<string, BadCase> Cases = new()
    {
        ["a foreign global"] = new(Sglang(Model, "foreign_global.pt"), "foreign_global.pt", "data.pkl byte", "print", "nothing else is loaded"),
        ["the old torch format"] = new(Sglang(Model, "legacy_format.pt"), "legacy_format.pt", "directory", "missing", "torch 1.6"),
        ["counts of floats"] = new(Sglang(Model, "sglang_stat_floats.pt"), "sglang_stat_floats.pt", "logical_count", "Float32Bits", "whole numbers"),
        ["SGLang counts without model"] = new(Sglang(null, "sglang_stat.pt"), "sglang_stat.pt", "model", "missing", "--model"),
        ["SGLang counts of another depth"] = new(Sglang(Model.Replace(":3", ":4", StringComparison.Ordinal), "sglang_stat.pt"), "sglang_stat.pt", "logical_count.shape[1]", "3", "4 hidden layers"),
        ["SGLang counts in a dense layer"] = new(Sglang(Model.Replace("[1,2]", "[2]", StringComparison.Ordinal), "sglang_stat.pt"), "sglang_stat.pt", "logical_count[0][1, 0]", "4", "layer 1 is dense"),
        ["SGLang counts missing in an MoE layer"] = new(Sglang(Model.Replace("[1,2]", "[0,1,2]", StringComparison.Ordinal), "sglang_stat.pt"), "sglang_stat.pt", "logical_count[:, 0]", "0 in all", "is it dense?"),
        ["two kinds of SGLang dumps"] = new(Sglang(Model, "sglang_per_pass_0.pt", "sglang_per_token_1.pt"), "sglang_per_token_1.pt", "kind", "Tokens", "Passes"),
        ["two stat dumps"] = new(Sglang(Model, "sglang_stat.pt", "sglang_stat.pt"), "sglang_stat.pt", "files", "2", "one file"),
        ["a per_pass dump twice"] = new(Sglang(Model, "sglang_per_pass_0.pt", "sglang_per_pass_0.pt"), "sglang_per_pass_0.pt", "forward_pass_id", "3", "given twice"),
        ["a per_token dump twice"] = new(Sglang(Model, "sglang_per_token_0.pt", "sglang_per_token_0.pt"), "sglang_per_token_0.pt", "forward_pass_id", "7", "given twice"),
        ["per_token without layers"] = new(Sglang(null, "sglang_per_token_0.pt"), "sglang_per_token_0.pt", "moeLayers", "missing", "--moe-layers"),
        ["per_token of a smaller top-k"] = new(Sglang(Model.Replace("\"topK\":2", "\"topK\":1", StringComparison.Ordinal), "sglang_per_token_0.pt"), "sglang_per_token_0.pt", "topk_ids_of_layer", "2 columns", "1 experts"),
        ["per_token with a dense layer in use"] = new(Sglang(Model.Replace("[1,2]", "[1]", StringComparison.Ordinal), "sglang_per_token_0.pt"), "sglang_per_token_0.pt", "topk_ids_of_layer[2, 0, 0]", "", "layer 2 is dense"),
        ["per_token with an MoE layer not in use"] = new(Sglang(Model.Replace("[1,2]", "[0,1,2]", StringComparison.Ordinal), "sglang_per_token_0.pt"), "sglang_per_token_0.pt", "topk_ids_of_layer[0]", "-1 in all", "is it dense?"),
        ["a map of more experts than the model"] = new(Sglang(Model.Replace("\"experts\":4", "\"experts\":3", StringComparison.Ordinal), "sglang_per_token_0.pt"), "sglang_per_token_0.pt", "last_physical_to_logical_map[0, 3]", "3", "0 to 2"),
        ["a torch file that is no dump"] = new(Sglang(Model, "values.pt"), "values.pt", "records", "missing", "SGLang"),
        ["a compressed zip"] = new(f => TorchArchive.Open(f.Write("z.pt", Zip(CompressionLevel.SmallestSize, ("a/data.pkl", new byte[2000])))), "z.pt", "a/data.pkl", "zip method 8", "stored"),
        ["a zip without pickle"] = new(f => TorchArchive.Open(f.Write("z.pt", Zip(CompressionLevel.NoCompression, ("a/version", "3"u8.ToArray())))), "z.pt", "data.pkl", "0", "NAME/data.pkl"),
        ["a big-endian archive"] = new(f => TorchArchive.Open(f.Write("z.pt", Zip(CompressionLevel.NoCompression, ("a/data.pkl", "N."u8.ToArray()), ("a/version", "3"u8.ToArray()), ("a/byteorder", "big"u8.ToArray())))), "z.pt", "byteorder", "big", "little"),
        ["a truncated archive"] = new(f => TorchArchive.Open(f.Write("z.pt", File.ReadAllBytes(Fixture.Path("sglang_stat.pt"))[..900])), "z.pt", "directory", "missing", "cut short"),
        ["a pickle of protocol 1"] = new(Pickle([0x80, 1, (byte)'N', (byte)'.']), "p", "data.pkl byte 0", "protocol 1", "2 to 5"),
        ["a pickle that ends early"] = new(Pickle([0x80, 2, (byte)'X', 255, 255, 255, 127]), "p", "data.pkl byte 2", "2147483647 bytes", "cut short"),
        ["a pickle with an unknown instruction"] = new(Pickle([0x80, 2, (byte)'N', (byte)'b', (byte)'.']), "p", "data.pkl byte 3", "0x62", "protocols 2 to 5"),
        ["os.system by its stack name"] = new(Pickle([0x80, 4, 0x8C, 2, (byte)'o', (byte)'s', 0x8C, 6, .. "system"u8, 0x93, (byte)'.']), "p", "data.pkl", "os.system", "nothing else"),
        ["a storage that is not there"] = new(Pickle([0x80, 2, .. Storage("7"), (byte)'.']), "p", "data/7", "missing", "4 elements of 8 bytes"),
        ["a tensor outside its storage"] = new(Pickle([0x80, 2, .. "ctorch._utils\n_rebuild_tensor_v2\n("u8, .. Storage("0"), (byte)'K', 1, (byte)'K', 4, 0x85, (byte)'K', 1, 0x85, 0x89, (byte)'N', (byte)'t', (byte)'R', (byte)'.']), "p", "tensor of data/0", "offset 1", "inside the 4"),
        ["marks without end"] = new(Pickle([0x80, 2, .. Enumerable.Repeat((byte)'(', 5000), (byte)'.']), "p", "data.pkl byte 1026", "1024 nested marks", "at most 1024"),
        ["an integer of 100 bytes"] = new(Pickle([0x80, 2, 0x8A, 100, .. new byte[100], (byte)'.']), "p", "data.pkl byte 2", "100 bytes", "at most 8"),
        ["vLLM without layers"] = new(Vllm(Routed, 2, 2, 2, null), "r.npy", "moeLayers", "missing", "--moe-layers"),
        ["vLLM with experts in a dense layer"] = new(Vllm(Routed, 2, 2, 2, "0"), "r.npy", "routed_experts[0, 1, 0]", "1", "layer 1 is dense"),
        ["vLLM with a dense layer called MoE"] = new(Vllm(Routed, 2, 2, 2, "0-1"), "r.npy", "routed_experts[0, 0, 1]", "0", "layer that is dense"),
        ["vLLM with a layer that is not there"] = new(Vllm(Routed, 2, 2, 2, "1,5"), "r.npy", "moeLayers", "1,5", "0 to 1"),
        ["vLLM top-1 with a dense layer called MoE"] = new(Vllm([.. Enumerable.Range(0, 80).Select(i => (byte)(i % 2))], 40, 2, 1, "0-1"), "r.npy", "routed_experts[:, 0]", "0 in all", "is it dense?"),
        ["vLLM response without payload"] = new(f => VllmImport.Run(new VllmImportOptions([f.Write("r.json", """{"choices":[{"routed_experts":null}]}""")], f["out"]) { MoeLayers = "0" }), "r.json", "routed_experts", "missing", "--enable-return-routed-experts"),
        ["vLLM payload that is not base64"] = new(f => VllmImport.Run(new VllmImportOptions([f.Write("r.json", """{"choices":[{"routed_experts":"?"}]}""")], f["out"]) { MoeLayers = "0" }), "r.json", "choices[0].routed_experts", "?", "base64"),
        ["SGLang payload of odd length"] = new(f => SglangImport.Run(new SglangImportOptions([f.Write("r.json", """{"meta_info":{"routed_experts":"AAAA"}}""")], f["out"]) { Model = f.Write("m.json", Model) }), "meta_info.routed_experts", "length", "3", "24 bytes"),
        ["TensorRT-LLM without meta"] = new(TensorRt(null, ("rank0.safetensors", [])), "meta_info.json", "file", "", "can be read"),
        ["TensorRT-LLM without ranks"] = new(TensorRt(Meta), "", "rank files", "0", "rank0"),
        ["TensorRT-LLM with a missing rank"] = new(TensorRt(Meta, ("rank1.safetensors", [Count("1_3")])), "", "rank files", "rank 1", "rank 0 is missing"),
        ["TensorRT-LLM with a foreign key"] = new(TensorRt(Meta, ("rank0.safetensors", [Count("total")])), "rank0.safetensors", "total", "", "ITERATION_LAYER"),
        ["TensorRT-LLM with a gap in its iterations"] = new(TensorRt(Meta, ("rank0.safetensors", [Count("1_3"), Count("3_3")])), "rank0.safetensors", "iterations", "3 after 1", "contiguous"),
        ["TensorRT-LLM with a missing layer"] = new(TensorRt(Meta, ("rank0.safetensors", [Count("1_3"), Count("1_4"), Count("2_4")])), "rank0.safetensors", "2_3", "missing", "every rank"),
        ["TensorRT-LLM with another number of experts"] = new(TensorRt(Meta, ("rank0.safetensors", [("1_3", "I64", [3], new byte[24])])), "rank0.safetensors", "1_3.shape", "[3]", "[4]"),
        ["TensorRT-LLM rows that do not align"] = new(TensorRt(Meta, ("rank0_raw.safetensors", [("1_3", "I32", [1, 2], SafetensorsBytes.Bytes(0, 1)), ("1_4", "I32", [2, 2], SafetensorsBytes.Bytes(0, 1, 2, 3))])), "rank0_raw.safetensors", "1_4.shape", "[2, 2]", "do not align"),
        ["popularity of other layers"] = new(f => PopularityImport.Run(new PopularityImportOptions([f.Write("p.json", """{"expert_popularity":[[1]]}""")], f["out"])), "p.json", "expert_popularity", "1", "32 layers"),
        ["a family that is not known"] = new(Config("""{"model_type":"bert"}"""), "config.json", "model_type", "bert", "mixtral"),
        ["a config without experts"] = new(Config("""{"model_type":"mixtral","num_hidden_layers":2}"""), "config.json", "num_local_experts", "missing", "1 to"),
        ["a config with a negative size"] = new(Config("""{"model_type":"mixtral","hidden_size":-1}"""), "config.json", "hidden_size", "-1", "1 to"),
        ["a config of another quantisation"] = new(Config("""{"model_type":"mixtral","quantization_config":{"quant_method":"q2"}}"""), "config.json", "quantization_config.quant_method", "q2", "mxfp4"),
        ["a config with a key twice"] = new(Config("""{"model_type":"mixtral","model_type":"mixtral"}"""), "config.json", "JSON", "", "each key once"),
        ["a name that is not built in"] = new(_ => ModelConfig.Read("gpt-9"), "--model", "model", "gpt-9", "gpt-oss-20b"),
        ["layers that the model does not have"] = new(_ => ModelConfig.Read("deepseek-v2-lite", "0-3"), "--moe-layers", "layers", "0", "1-26"),
        ["layers that fall"] = new(_ => LayerRange.Parse("3,2"), "--moe-layers", "layers", "3,2", "rising"),
        ["layers that are words"] = new(_ => LayerRange.Parse("all"), "--moe-layers", "layers", "all", "1-26"),
    };

    private const string Meta = """{"num_experts":4,"num_experts_per_token":2}""";

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Refuses(string name) => Cases[name].Check();

    private static Action<TempFolder> Sglang(string? model, params string[] fixtures) => folder => SglangImport.Run(
        new SglangImportOptions([.. fixtures.Select(f => Fixture.Path(f))], folder["out"]) { Model = model is null ? null : folder.Write("m.json", model) });

    private static Action<TempFolder> Vllm(byte[] ids, long tokens, long layers, long topK, string? moeLayers) => folder => VllmImport.Run(
        new VllmImportOptions([folder.Write("r.npy", NpyBytes.Of(ids, tokens, layers, topK))], folder["out"]) { MoeLayers = moeLayers });

    private static Action<TempFolder> TensorRt(string? meta, params (string Name, (string, string, long[], byte[])[] Tensors)[] ranks) => folder =>
    {
        if (meta is not null)
            folder.Write("meta_info.json", meta);
        foreach (var (name, tensors) in ranks)
            folder.Write(name, SafetensorsBytes.Of(tensors));
        TensorRtLlmImport.Run(new TensorRtLlmImportOptions(folder.Path, folder["out"]) { Raw = ranks.Any(r => r.Name.Contains("raw", StringComparison.Ordinal)) });
    };

    private static (string, string, long[], byte[]) Count(string key) => (key, "I64", [4], new byte[32]);

    private static Action<TempFolder> Config(string json) => folder => ModelConfig.Read(folder.Write("config.json", json));

    private static Action<TempFolder> Pickle(byte[] data) => _ => RestrictedUnpickler.Read(data, "p", key => key == "0" ? 32 : -1);

    // ('storage', torch.LongStorage, key, 'cpu', 4) as a persistent id.
    private static byte[] Storage(string key) =>
        [.. "(X\u0007\0\0\0storagectorch\nLongStorage\nX\u0001\0\0\0"u8, .. Encoding.UTF8.GetBytes(key), .. "X\u0003\0\0\0cpuK\u0004tQ"u8];

    private static byte[] Zip(CompressionLevel level, params (string Name, byte[] Content)[] entries)
    {
        using var memory = new MemoryStream();
        using (var zip = new ZipArchive(memory, ZipArchiveMode.Create, leaveOpen: true))
            foreach (var (name, content) in entries)
                using (var stream = zip.CreateEntry(name, level).Open())
                    stream.Write(content);
        return memory.ToArray();
    }
}
