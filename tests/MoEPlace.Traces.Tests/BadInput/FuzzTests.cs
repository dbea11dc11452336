using System.Diagnostics;
using System.IO.Compression;
using MoEPlace.Traces.Importers;
using MoEPlace.Traces.Pickle;
using MoEPlace.Traces.Tests.Fixtures;
using MoEPlace.Traces.Tests.Npy;
using Xunit;

namespace MoEPlace.Traces.Tests.BadInput;

/// <summary>
/// Damaged files are read like good ones or refused by an InputException; nothing else comes out, and none takes long. The seed is
/// fixed; MOEPLACE_FUZZ_SEED sets another for a longer hunt.
/// </summary>
public sealed class FuzzTests
{
    private static readonly long Seed = long.TryParse(Environment.GetEnvironmentVariable("MOEPLACE_FUZZ_SEED"), out var seed) ? seed : 20_260;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    [Fact]
    public void Damaged_traces_and_load_files()
    {
        using var folder = new TempFolder();
        const TraceColumns all = TraceColumns.GateWeights | TraceColumns.Step | TraceColumns.Home | TraceColumns.Phase | TraceColumns.Domain;
        LoadFile.Write(folder["load"], new LoadHeader(SmallTrace.Model, TraceOrigin.Measured, "", ""), 2, [new long[12], new long[12]]);
        var files = new[] { SmallTrace.Write(folder["all"], 5, all, domains: ["a", "b"]), SmallTrace.Write(folder["few"], 5, TraceColumns.None), folder["load"] };
        Fuzz("trace", 7_000, files.Select(File.ReadAllBytes).ToArray(), (bytes, which) =>
        {
            var path = folder.Write("x", bytes);
            if (which == 2)
            {
                using var load = LoadFile.Open(path);
                load.Sum();
                return;
            }
            using (var trace = RoutingTrace.Open(path))
                _ = new TraceSlice(trace, TraceSplit.All).Blocks().Count();
            TraceMerge.Run([path, path], folder["out"]);
        });
    }

    [Fact]
    public void Damaged_placements()
    {
        using var folder = new TempFolder();
        const string good = """{"format":"moeplace.placement/1","model":"m","moeLayerIds":[1,2],"hiddenLayers":3,"nodes":1,"ranksPerNode":2,"experts":4,"slots":[[[0,1,2],[2,3]],[[3,1],[0,2]]],"provenance":{"policy":"p","traceDigest":"","options":{"a":"b"},"seed":7,"version":"0"}}""";
        Fuzz("placement", 5_000, [System.Text.Encoding.UTF8.GetBytes(good)], (bytes, _) =>
            ExpertPlacementFile.Write(folder["out"], ExpertPlacementFile.Read(folder.Write("x", bytes))));
    }

    [Fact]
    public void Damaged_npy_files_and_what_stands_beside_them()
    {
        using var folder = new TempFolder();
        byte[][] good =
        [
            NpyBytes.Of<short>([0, 1, 2, 3, 4, 5, 6, 7], 2, 2, 2),
            NpyBytes.Of<float>([1, 0.5f, 1, 0.5f, 1, 0.5f, 1, 0.5f], 2, 2, 2),
            """[{"dataset":"a","n":1,"offset":0},{"dataset":"b","n":1,"offset":1}]"""u8.ToArray(),
            """{"model":{"moe_layers":2,"experts":9,"top_k":2},"moe_layer_ids":[1,3],"hidden_layers":4,"domains":["a","b"]}"""u8.ToArray(),
        ];
        Fuzz("npy", 4_000, good, (bytes, which) => NpyImport.Run(new NpyImportOptions(folder.Write("i", which == 0 ? bytes : good[0]), folder["out"])
        {
            Weights = folder.Write("w", which == 1 ? bytes : good[1]),
            Index = folder.Write("x", which == 2 ? bytes : good[2]),
            Model = folder.Write("trace.json", which == 3 ? bytes : good[3]),
        }));
    }

    [Fact]
    public void Damaged_torch_files()
    {
        using var folder = new TempFolder();
        string[] names = ["sglang_stat.pt", "sglang_per_pass_0.pt", "sglang_per_token_0.pt", "values.pt"];
        var model = folder.Write("m.json", """{"name":"m","hiddenLayers":3,"moeLayerIds":[1,2],"experts":4,"topK":2}""");
        Fuzz("torch", 4_000, names.Select(n => File.ReadAllBytes(Fixture.Path(n))).ToArray(), (bytes, _) =>
            SglangImport.Run(new SglangImportOptions([folder.Write("x.pt", bytes)], folder["out"]) { Model = model }));
    }

    [Fact]
    public void Damaged_pickles()
    {
        string[] names = ["sglang_stat.pt", "sglang_per_token_0.pt", "values.pt"];
        Fuzz("pickle", 4_000, names.Select(PickleOf).ToArray(), (bytes, _) => RestrictedUnpickler.Read(bytes, "p", _ => 1000));
    }

    private static byte[] PickleOf(string name)
    {
        using var zip = ZipFile.OpenRead(Fixture.Path(name));
        using var stream = zip.Entries.Single(e => e.Name == "data.pkl").Open();
        using var memory = new MemoryStream();
        stream.CopyTo(memory);
        return memory.ToArray();
    }

    private static void Fuzz(string kind, int inputs, byte[][] good, Action<byte[], int> read)
    {
        for (var i = 0; i < good.Length; i++)
        {
            try
            {
                read(good[i], i);
            }
            catch (InputException)
            {
                // values.pt is a torch file, but no recording.
            }
        }
        var refused = 0;
        for (var i = 0; i < inputs; i++)
        {
            var which = i % good.Length;
            var bytes = new Mutator(new SeedStream(Seed, kind, i)).Damage(good[which]);
            var watch = Stopwatch.StartNew();
            try
            {
                read(bytes, which);
            }
            catch (InputException e)
            {
                refused++;
                Assert.All(e.Faults, f => Assert.True(f.Allowed.Length > 0 && f.Field.Length > 0));
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"{kind} input {i} of seed {Seed}, made of file {which}: {Convert.ToHexString(bytes)}", e);
            }
            Assert.True(watch.Elapsed < Longest, $"{kind} input {i} of seed {Seed} took {watch.Elapsed}");
        }
        Assert.InRange(refused, inputs / 4, inputs);
    }
}
