using System.Text;
using MoEPlace.Traces.Safetensors;
using MoEPlace.Traces.Tests.Importers;
using Xunit;

namespace MoEPlace.Traces.Tests.BadInput;

/// <summary>Bad traces, load files, placements and what holds them.</summary>
public sealed class BadTraceTests
{
    private static readonly Dictionary<string, BadCase> Cases = new()
    {
        ["truncated trace"] = new(Trace(b => b[..^5]), "t.safetensors", "data_offsets", "", "cut short"),
        ["empty file"] = new(Trace(_ => []), "t.safetensors", "size", "0", "8 bytes"),
        ["overlong header"] = new(Trace(b => [.. BitConverter.GetBytes(1L << 40), .. b[8..]]), "t.safetensors", "header length", "1099511627776", "2 to "),
        ["header cut short"] = new(Trace(b => b[..40]), "t.safetensors", "header length", "", "2 to 32"),
        ["newer trace format"] = new(Trace(b => Replace(b, "moeplace.trace/1", "moeplace.trace/2")), "t.safetensors", "format", "moeplace.trace/2", "moeplace.trace/1"),
        ["a load file as a trace"] = new(Trace(b => Replace(b, "moeplace.trace/1", "moeplace.load/1 ")), "t.safetensors", "format", "moeplace.load/1", "moeplace.trace/1"),
        ["wrong dtype of sequence"] = new(Trace(b => Replace(b, "\"sequence\":{\"dtype\":\"I32\"", "\"sequence\":{\"dtype\":\"F32\"")), "t.safetensors", "sequence.dtype", "F32", "I32"),
        ["unknown dtype"] = new(Trace(b => Replace(b, "\"dtype\":\"U8\"", "\"dtype\":\"X8\"")), "t.safetensors", "expert_ids.dtype", "X8", "safetensors type"),
        ["expert id out of range"] = new(Trace(b => Last(b, 6)), "t.safetensors", "expert_ids[3, 1, 1]", "6", "0 to 5"),
        ["more experts than the model has"] = new(Trace(b => Replace(b, "\\u0022experts\\u0022:6", "\\u0022experts\\u0022:5")), "t.safetensors", "expert_ids", "5", "0 to 4"),
        ["missing tensor"] = new(Trace(b => Replace(b, "\"position\"", "\"positiom\"")), "t.safetensors", "position", "missing", "a tensor of I32"),
        ["missing model"] = new(Trace(b => Replace(b, "\"model\"", "\"mudel\"")), "t.safetensors", "model", "missing", "JSON"),
        ["unknown key in the model"] = new(Trace(b => Replace(b, "hiddenLayers", "hiddenLayerz")), "t.safetensors", "model.hiddenLayerz", "", "hiddenLayers"),
        ["unknown origin"] = new(Trace(b => Replace(b, "\"measured\"", "\"guessed!\"")), "t.safetensors", "origin", "guessed!", "synthetic"),
        ["overlapping tensors"] = new(_ => Header("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}}""", 6), "x", "b.data_offsets", "[2, 6]", "no overlap"),
        ["shape that is not its bytes"] = new(_ => Header("""{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,4]}}""", 4), "x", "a.shape", "3", "4 bytes"),
        ["negative size"] = new(_ => Header("""{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,4]}}""", 4), "x", "a.shape", "-1", "0 or more"),
        ["sizes that overflow"] = new(_ => Header("""{"a":{"dtype":"U8","shape":[4611686018427387904,4],"data_offsets":[0,0]}}""", 0), "x", "a.shape", "4611686018427387904", "0 bytes"),
        ["one offset"] = new(_ => Header("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[0]}}""", 4), "x", "header", "pair", "data_offsets"),
        ["duplicate tensor"] = new(_ => Header("""{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}""", 0), "x", "header", "", "JSON"),
        ["header that is not JSON"] = new(_ => Header("{{{", 0), "x", "header", "", "JSON"),
        ["zero tokens written"] = new(f => SmallTrace.Write(f["out"], 0, TraceColumns.None), "out", "tokens", "0", "at least one"),
        ["load with a negative count"] = new(Load(b => Last(b, 0x80)), "l.safetensors", "counts[0, 1, 5]", "-", "0 or more"),
        ["load of other shape"] = new(Load(b => Replace(b, "\"shape\":[1,2,6]", "\"shape\":[1,3,4]")), "l.safetensors", "counts.shape", "[1, 3, 4]", "[windows, 2, 6]"),
        ["newer load format"] = new(Load(b => Replace(b, "moeplace.load/1", "moeplace.load/7")), "l.safetensors", "format", "moeplace.load/7", "moeplace.load/1"),
        ["load of other dtype"] = new(Load(b => Replace(b, "\"I64\"", "\"U64\"")), "l.safetensors", "counts.dtype", "U64", "I64"),
        ["placement with an expert twice on a rank"] = new(Placement("[[[0,1,1],[2,3]]]"), "p.json", "slots[0][0][2]", "1", "at most once"),
        ["placement that forgets an expert"] = new(Placement("[[[0,1],[2]]]"), "p.json", "slots[0]", "expert 3", "at least one slot"),
        ["placement with an expert out of range"] = new(Placement("[[[0,1],[2,9]]]"), "p.json", "slots[0][1][1]", "9", "0 to 3"),
        ["placement of too few ranks"] = new(Placement("[[[0,1,2,3]]]"), "p.json", "slots[0]", "1", "2 ranks"),
        ["placement of too many layers"] = new(Placement("[[[0,1],[2,3]],[[0,1],[2,3]]]"), "p.json", "slots", "2", "1 layers"),
        ["placement with an unknown key"] = new(Placement("[[[0,1],[2,3]]]", ",\"extra\":1"), "p.json", "extra", "1", "the keys format"),
        ["placement with a duplicate key"] = new(Placement("[[[0,1],[2,3]]]", ",\"nodes\":1"), "p.json", "nodes", "1", "each key once"),
        ["newer placement format"] = new(Placement("[[[0,1],[2,3]]]", format: 2), "p.json", "format", "moeplace.placement/2", "moeplace.placement/1"),
        ["merge of two models"] = new(f => TraceMerge.Run([SmallTrace.Write(f["a"], 3, 0), SmallTrace.Write(f["b"], 3, 0, model: SmallTrace.Model with { TopK = 1 })], f["out"]), "b", "model", "top-1", "top-2"),
        ["merge of nothing"] = new(f => TraceMerge.Run([], f["out"]), "traces", "traces", "0", "at least one"),
        ["merge with a domain that has no name"] = new(f => TraceMerge.Run([SmallTrace.Write(f["a"], 3, TraceColumns.Domain), SmallTrace.Write(f["b"], 3, TraceColumns.Domain)], f["out"]), "a", "domain", "0", "the domains that it names"),
        ["merge of a trace with itself"] = new(f => TraceMerge.Run([SmallTrace.Write(f["a"], 3, 0), f["a"]], f["out"]), "a", "traces", "2", "each trace once"),
        ["merge with a missing file"] = new(f => TraceMerge.Run([f["none"], SmallTrace.Write(f["a"], 3, 0)], f["out"]), "none", "file", "", "can be read"),
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Refuses(string name) => Cases[name].Check();

    private static Action<TempFolder> Trace(Func<byte[], byte[]> change) => folder =>
    {
        var bytes = File.ReadAllBytes(SmallTrace.Write(folder["good"], 4, TraceColumns.None));
        using var trace = RoutingTrace.Open(folder.Write("t.safetensors", change(bytes)));
    };

    private static Action<TempFolder> Load(Func<byte[], byte[]> change) => folder =>
    {
        var header = new LoadHeader(SmallTrace.Model, TraceOrigin.Measured, "", "");
        LoadFile.Write(folder["good"], header, 1, [[.. Enumerable.Range(0, 12).Select(i => (long)i)]]);
        using var load = LoadFile.Open(folder.Write("l.safetensors", change(File.ReadAllBytes(folder["good"]))));
    };

    private static Action<TempFolder> Placement(string slots, string more = "", int format = 1) => folder => ExpertPlacementFile.Read(folder.Write(
        "p.json",
        $$"""{"format":"moeplace.placement/{{format}}","model":"m","moeLayerIds":[0],"hiddenLayers":1,"nodes":1,"ranksPerNode":2,"experts":4,"slots":{{slots}},"provenance":{"policy":"p","traceDigest":"","options":{},"seed":0,"version":"0"}{{more}}}"""));

    private static void Header(string json, int data) =>
        SafetensorsHeader.Read(new MemoryStream(SafetensorsBytes.With(json, new byte[data])), "x");

    private static byte[] Replace(byte[] bytes, string old, string now)
    {
        var text = Encoding.Latin1.GetString(bytes);
        Assert.Contains(old, text, StringComparison.Ordinal);
        return Encoding.Latin1.GetBytes(text.Replace(old, now, StringComparison.Ordinal));
    }

    private static byte[] Last(byte[] bytes, byte value)
    {
        bytes[^1] = value;
        return bytes;
    }
}
