using MoEPlace.Traces.Importers;
using MoEPlace.Traces.Npy;
using MoEPlace.Traces.Tests.Npy;
using Xunit;

namespace MoEPlace.Traces.Tests.BadInput;

/// <summary>Bad npy files, and recordings in npy files that do not fit together.</summary>
public sealed class BadNpyTests
{
    private static readonly byte[] Ids = [0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5];

    private static readonly Dictionary<string, BadCase> Cases = new()
    {
        ["not npy"] = new(Bytes("not an npy file"u8.ToArray()), "x.npy", "magic", "6E6F7420616E", "npy"),
        ["npy version 9"] = new(Bytes(NpyBytes.With("{}", [], 9)), "x.npy", "version", "9", "1, 2 or 3"),
        ["overlong npy header"] = new(Bytes([0x93, .. "NUMPY"u8, 2, 0, 255, 255, 255, 255, 32]), "x.npy", "header length", "4294967295", "0 to 1"),
        ["big endian"] = new(Header("{'descr': '>i4', 'fortran_order': False, 'shape': (1,)}", 4), "x.npy", "descr", ">i4", "little endian"),
        ["records"] = new(Header("{'descr': [('a', '<i4')], 'fortran_order': False, 'shape': (1,)}", 4), "x.npy", "header", "[('a'", "quoted string"),
        ["objects"] = new(Header("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", 8), "x.npy", "descr", "|O", "'|u1'"),
        ["fortran order"] = new(Header("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 2)}", 4), "x.npy", "fortran_order", "True", "ascontiguousarray"),
        ["unknown npy key"] = new(Header("{'descr': '|u1', 'fortran_order': False, 'shape': (1,), 'extra': 1}", 1), "x.npy", "header", "extra", "descr, fortran_order and shape"),
        ["duplicate npy key"] = new(Header("{'descr': '|u1', 'descr': '|u1', 'fortran_order': False, 'shape': (1,)}", 1), "x.npy", "header", "descr", "each key once"),
        ["missing npy shape"] = new(Header("{'descr': '|u1', 'fortran_order': False}", 1), "x.npy", "shape", "missing", "tuple"),
        ["negative npy size"] = new(Header("{'descr': '|u1', 'fortran_order': False, 'shape': (-1,)}", 1), "x.npy", "header", "-1", "0 or more"),
        ["npy sizes that overflow"] = new(Header("{'descr': '<i8', 'fortran_order': False, 'shape': (4611686018427387904, 4)}", 0), "x.npy", "shape", "4611686018427387904", "0 bytes"),
        ["truncated npy"] = new(Bytes(NpyBytes.Of<int>([1, 2], 2)[..^1]), "x.npy", "shape", "[2]", "cut short"),
        ["two arrays in one npy"] = new(Bytes([.. NpyBytes.Of<int>([1, 2], 2), 0]), "x.npy", "shape", "[2]", "more than one array"),
        ["ids of floats"] = new(Import(NpyBytes.Of<float>([1, 2], 1, 1, 2)), "i.npy", "ids.dtype", "F4", "whole numbers"),
        ["ids of two dimensions"] = new(Import(NpyBytes.Of(Ids, 6, 2)), "i.npy", "ids.shape", "[6, 2]", "[tokens, layers, top-k]"),
        ["zero tokens"] = new(Import(NpyBytes.Of<byte>([], 0, 2, 2)), "i.npy", "ids.shape[0]", "0", "tokens"),
        ["other layers than told"] = new(Import(NpyBytes.Of(Ids, 3, 2, 2), (o, _) => o with { MoeLayers = "1-3" }), "i.npy", "ids.shape[1]", "2", "3 MoE layers"),
        ["other layers than the model"] = new(Import(NpyBytes.Of(Ids, 3, 2, 2), (o, _) => o with { Model = "gpt-oss-20b" }), "i.npy", "ids.shape[1]", "2", "24 MoE layers"),
        ["other top-k than the model"] = new(Import(NpyBytes.Of(Ids, 3, 2, 2), (o, _) => o with { Model = "gpt-oss-20b", MoeLayers = "0-1" }), "i.npy", "ids.shape[2]", "2", "4 experts per token"),
        ["an expert that the model has not"] = new(Import(NpyBytes.Of<byte>([0, 32, 1, 2], 1, 1, 4), (o, _) => o with { Model = "gpt-oss-20b", MoeLayers = "7" }), "i.npy", "ids[0, 0, 1]", "32", "0 to 31"),
        ["an expert below -1"] = new(Import(NpyBytes.Of<short>([0, 1, 2, -2], 1, 2, 2)), "i.npy", "ids[0, 1, 1]", "-2", "-1 for no expert"),
        ["an expert twice"] = new(Import(NpyBytes.Of<byte>([0, 1, 2, 3, 4, 4], 3, 1, 2)), "i.npy", "ids[2, 0, 1]", "4", "at most once"),
        ["no expert at all"] = new(Import(NpyBytes.Of<short>([-1, -1], 1, 1, 2)), "i.npy", "ids", "-1 everywhere", "at least one"),
        ["weights of another shape"] = new(Import(NpyBytes.Of(Ids, 3, 2, 2), (o, f) => o with { Weights = f.Write("w.npy", NpyBytes.Of(new Half[6], 3, 1, 2)) }), "w.npy", "weights.shape", "[3, 1, 2]", "[3, 2, 2]"),
        ["weights of whole numbers"] = new(Import(NpyBytes.Of(Ids, 3, 2, 2), (o, f) => o with { Weights = f.Write("w.npy", NpyBytes.Of(Ids, 3, 2, 2)) }), "w.npy", "weights.dtype", "U1", "floating point"),
        ["a weight that is not a number"] = new(Import(NpyBytes.Of<byte>([0, 1, 2, 3], 2, 1, 2), (o, f) => o with { Weights = f.Write("w.npy", NpyBytes.Of<float>([1, 0, 1, float.NaN], 2, 1, 2)) }), "w.npy", "weights[1, 0, 1]", "NaN", "finite"),
        ["weights that rise though told to fall"] = new(Import(NpyBytes.Of<byte>([0, 1], 1, 1, 2), (o, f) => o with { ChoicesByWeight = true, Weights = f.Write("w.npy", NpyBytes.Of<float>([1, 2], 1, 1, 2)) }), "w.npy", "weights", "not falling", "falling"),
        ["lengths that do not add up"] = new(Import(NpyBytes.Of(Ids, 3, 2, 2), (o, f) => o with { Lengths = f.Write("l.json", "[1,1]") }), "l.json", "sum", "2", "3, the tokens"),
        ["a length of zero"] = new(Import(NpyBytes.Of(Ids, 3, 2, 2), (o, f) => o with { Lengths = f.Write("l.json", "[3,0]") }), "l.json", "[1]", "0", "1 or more"),
        ["lengths that are no list"] = new(Import(NpyBytes.Of(Ids, 3, 2, 2), (o, f) => o with { Lengths = f.Write("l.json", "{}") }), "l.json", "$", "Object", "list"),
        ["lengths that are no JSON"] = new(Import(NpyBytes.Of(Ids, 3, 2, 2), (o, f) => o with { Lengths = f.Write("l.json", "[1,") }), "l.json", "JSON", "", "JSON"),
        ["an index with a gap"] = new(Import(NpyBytes.Of(Ids, 3, 2, 2), (o, f) => o with { Index = f.Write("x.json", """[{"dataset":"a","n":1,"offset":0},{"dataset":"a","n":1,"offset":2}]""") }), "x.json", "[1].offset", "2", "1: sequences follow"),
        ["an index without data set"] = new(Import(NpyBytes.Of(Ids, 3, 2, 2), (o, f) => o with { Index = f.Write("x.json", """[{"n":3,"offset":0}]""") }), "x.json", "[0].dataset", "missing", "string"),
        ["an index with a key twice"] = new(Import(NpyBytes.Of(Ids, 3, 2, 2), (o, f) => o with { Index = f.Write("x.json", """[{"n":3,"n":3,"offset":0,"dataset":"a"}]""") }), "x.json", "JSON", "", "each key once"),
        ["lengths and index"] = new(Import(NpyBytes.Of(Ids, 3, 2, 2), (o, _) => o with { Lengths = "a", Index = "b" }), "i.npy", "sequences", "2", "at most one"),
        ["a domain and a file of domains"] = new(Import(NpyBytes.Of(Ids, 3, 2, 2), (o, f) => o with { Domain = "a", Domains = f.Write("d.npy", NpyBytes.Of<byte>([0, 0, 0], 3)) }), "i.npy", "domains", "both", "one domain name"),
        ["sequences of another length"] = new(Import(NpyBytes.Of(Ids, 3, 2, 2), (o, f) => o with { Sequences = f.Write("s.npy", NpyBytes.Of<int>([0, 0], 2)) }), "s.npy", "sequences.shape", "[2]", "[3]"),
        ["a negative sequence"] = new(Import(NpyBytes.Of(Ids, 3, 2, 2), (o, f) => o with { Sequences = f.Write("s.npy", NpyBytes.Of<int>([0, -3, 0], 3)) }), "s.npy", "sequences[1]", "-3", "0 to 2,147,483,647"),
        ["a domain over 255"] = new(Import(NpyBytes.Of(Ids, 3, 2, 2), (o, f) => o with { Domains = f.Write("d.npy", NpyBytes.Of<int>([0, 0, 256], 3)) }), "d.npy", "domains[2]", "256", "0 to 255"),
        ["a missing ids file"] = new(f => NpyImport.Run(new NpyImportOptions(f["none.npy"], f["out"])), "none.npy", "file", "", "can be read"),
        ["an output that is a folder"] = new(f => NpyImport.Run(new NpyImportOptions(f.Write("i.npy", NpyBytes.Of(Ids, 3, 2, 2)), "/proc/none/out")), "out", "output", "", "can be written"),
        ["a description of other layers"] = new(Import(NpyBytes.Of(Ids, 3, 2, 2), (o, f) => o with { Model = f.Write("trace.json", """{"model":{"moe_layers":2,"experts":6,"top_k":2},"moe_layer_ids":[0]}""") }), "trace.json", "moe_layer_ids", "1", "2 layers"),
        ["ExFlow with three dimensions"] = new(f => ExFlowImport.Run(new ExFlowImportOptions(f.Write("i.npy", NpyBytes.Of(Ids, 3, 2, 2)), f["out"])), "i.npy", "ids.shape", "[3, 2, 2]", "[tokens, layers]"),
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Refuses(string name) => Cases[name].Check();

    [Fact]
    public void Tells_the_faults_of_several_files_together()
    {
        using var folder = new TempFolder();
        var thrown = Assert.Throws<InputException>(() => NpyImport.Run(new NpyImportOptions(folder.Write("i.npy", [1, 2]), folder["out"])
        {
            Model = "no-such-model",
            Weights = folder["none.npy"],
            Sequences = folder.Write("s.npy", NpyBytes.With("{'descr': '>i8'}", [])),
        }));
        Assert.Equal(["--model", "i.npy", "none.npy", "s.npy"], thrown.Faults.Select(f => Path.GetFileName(f.File)).Distinct());
    }

    private static Action<TempFolder> Bytes(byte[] bytes) => folder => NpyFile.Open(folder.Write("x.npy", bytes)).Dispose();

    private static Action<TempFolder> Header(string header, int data) => Bytes(NpyBytes.With(header, new byte[data]));

    private static Action<TempFolder> Import(byte[] ids, Func<NpyImportOptions, TempFolder, NpyImportOptions>? with = null) => folder =>
    {
        var options = new NpyImportOptions(folder.Write("i.npy", ids), folder["out"]);
        NpyImport.Run(with is null ? options : with(options, folder));
    };
}
