using MoEPlace.Traces.Importers;
using Xunit;

namespace MoEPlace.Traces.Tests.Importers;

public sealed class VllmLoadImportTests
{
    private const string Model = """{"name":"m","hiddenLayers":5,"moeLayerIds":[3,4],"experts":3,"topK":1}""";

    [Fact]
    public void Each_record_is_mapped_by_its_own_map_and_other_records_are_skipped()
    {
        using var folder = new TempFolder();
        var file = folder.Write("stats.jsonl", """
            {"record_type":"session_metadata","argv":["x"]}
            {"record_type":"eplb_load_stats","version":1,"step":10,"num_ranks":2,"expert_load":[[1,2,3,4],[5,6,7,8]],"p2l_map":[[0,1,2,0],[2,1,0,1]]}

            {"record_type":"eplb_load_stats","version":1,"step":20,"num_ranks":2,"expert_load":[[0,0,0,0],[0,0,0,0]],"p2l_map":[[0,1,2,0],[2,1,0,1]]}
            {"record_type":"eplb_load_stats","version":1,"step":30,"num_ranks":2,"expert_load":[[1,2,3,4],[5,6,7,8]],"p2l_map":[[1,1,2,0],[2,2,0,1]]}
            """);
        var result = VllmLoadImport.Run(new VllmLoadImportOptions(file, folder["o"]) { Model = folder.Write("m.json", Model) });
        using var load = LoadFile.Open(result.Path);
        Assert.Equal(2, load.Windows);
        Assert.Equal([1 + 4, 2, 3, 7, 6 + 8, 5], load.Window(0).ToArray());
        Assert.Equal([4, 1 + 2, 3, 7, 8, 5 + 6], load.Window(1).ToArray());
        Assert.Equal([3, 4], load.Model.MoeLayerIds);
    }

    [Theory]
    [InlineData("""{"record_type":"eplb_load_stats","version":2}""", "version", "2", "1")]
    [InlineData("""{"record_type":"eplb_load_stats","version":1,"expert_load":[[1]]}""", "expert_load", "1", "2 rows")]
    [InlineData("""{"record_type":"eplb_load_stats","version":1,"expert_load":[[1],[1]],"p2l_map":[[0],[3]]}""", "p2l_map[1][0]", "3", "0 to 2")]
    [InlineData("""{"record_type":"eplb_load_stats","version":1,"expert_load":[[1],[1]],"p2l_map":[[0],[1,2]]}""", "p2l_map[1]", "2", "1 slots")]
    [InlineData("""{"record_type":"bench_run_start"}""", "record_type", "no record", "eplb_load_stats")]
    [InlineData("""[1]""", "record_type", "missing", "an object")]
    public void Refuses(string line, string field, string value, string allowed) => new BadInput.BadCase(
        folder => VllmLoadImport.Run(new VllmLoadImportOptions(folder.Write("s.jsonl", line), folder["out"]) { Model = folder.Write("m.json", Model) }),
        field == "record_type" && value.StartsWith("no", StringComparison.Ordinal) ? "s.jsonl" : "s.jsonl: line 1", field, value, allowed).Check();
}
