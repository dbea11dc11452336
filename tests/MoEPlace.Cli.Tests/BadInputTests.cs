using Xunit;

namespace MoEPlace.Cli.Tests;

/// <summary>
/// Bad input: exit code 2, every line names where, what stands there and what is allowed, nothing on standard output, nothing written.
/// In a command line {x} is the sample x, and > the folder that must stay empty.
/// </summary>
public sealed class BadInputTests(BadFiles files)
{
    private const string Place = "place {toy.safetensors} --cluster 1x4 --iteration-limit 1 --objective crossing -o >p.json ";
    private const string Evaluate = "evaluate {toy.safetensors} --result >r.json ";

    [Theory]
    [InlineData("", "verb = missing", "demo, trace, place")]
    [InlineData("solve", "verb = \"solve\"", "place, evaluate")]
    [InlineData("placement", "moeplace placement: verb = missing", "import, export, diff")]
    [InlineData("placement move", "verb = \"move\"", "import, export, diff")]
    [InlineData("trace info", "trace = missing")]
    [InlineData("place {toy.safetensors}", "--cluster = missing", "NxR", "--output = missing")]
    [InlineData("place --cluster 1x4 -o >p", "moeplace place: trace = missing")]
    [InlineData(Place + "--polcy eplb", "argument = \"--polcy\"", "--policy")]
    [InlineData("evaluate {toy.safetensors} {contiguous.json} --splt test", "argument = \"--splt\"", "--split")]
    [InlineData("trace merge {toy.safetensors} -o --output", "--output")]
    [InlineData(Place + "--policy best", "--policy = \"best\"", "affinity, contiguous, cooccurrence, eplb, exflow, grace, moetuner, random, round-robin")]
    [InlineData("place {toy.safetensors} --cluster 1x4 --objective speed -o >p", "--objective = \"speed\"", "copies, crossing, step")]
    [InlineData(Place + "--residency away", "--residency = \"away\"", "coherent, home")]
    [InlineData(Place + "--split half", "--split = \"half\"", "all, test, train")]
    [InlineData(Place + "--seed x", "--seed = \"x\"", "a whole number")]
    [InlineData(Place + "--seed 1.5", "--seed = \"1.5\"", "a whole number")]
    [InlineData(Place + "--seed 99999999999999999999", "--seed = \"99999999999999999999\"", "of 64 bits")]
    [InlineData(Place + "--seed 1 --seed 2", "--seed = \"1 2\"", "one value")]
    [InlineData(Place + "--time-limit soon", "--time-limit = \"soon\"", "a number")]
    [InlineData(Place + "--redundant", "--redundant = missing", "a whole number of 32 bits")]
    [InlineData("schema trace", "name = \"trace\"", "calibration, cluster, gates, job, model, placement, policy, reality, result, scenario, service, simulation, training")]
    [InlineData("placement export {contiguous.json} --to deepspeed -o >m", "--to = \"deepspeed\"", "sglang")]
    [InlineData("trace import --from csv {ids.npy} -o >t", "--from = \"csv\"", "npy, popularity, sglang")]
    public void A_slip_of_the_command_line_is_told(string line, params string[] told) => Refuse(line, told);

    [Theory]
    [InlineData(Place + "--time-limit 0", "place: --time-limit = 0", "above 0 seconds")]
    [InlineData(Place + "--time-limit -3", "--time-limit = -3")]
    [InlineData(Place + "--time-limit NaN", "--time-limit = NaN")]
    [InlineData("place {toy.safetensors} --cluster 1x4 --iteration-limit 0 -o >p", "--iteration-limit = 0", "1 or more")]
    [InlineData(Place + "--max-imbalance 0.5", "--max-imbalance = 0.5", "1 or more")]
    [InlineData(Place + "--max-imbalance 1.1 --policy eplb", "--max-imbalance = 1.1", "policy affinity; eplb takes no limit")]
    [InlineData(Place + "--solver cbc --policy eplb", "--solver = \"cbc\"", "policy exflow or moetuner; eplb solves no integer program")]
    [InlineData(Place + "--redundant 4 --policy grace", "--redundant = 4", "eplb and cooccurrence do")]
    [InlineData(Place + "--redundant -4", "--redundant = -4", "0 to 24")]
    [InlineData(Place + "--redundant 4 --policy contiguous", "--redundant = 4", "which makes no replicas")]
    [InlineData(Place + "--redundant 3 --policy eplb", "--cluster = 4", "ranks that divide the 11 slots")]
    [InlineData("place {toy.safetensors} --cluster 1x3 -o >p", "--cluster = 3", "ranks that divide the 8 slots")]
    [InlineData("place {toy.safetensors} --cluster 4 -o >p", "cluster = \"4\"", "NxR", "h100-8")]
    [InlineData("place {toy.safetensors} --cluster 0x4 -o >p", "nodes = 0", "1 to 65,536")]
    [InlineData("place {toy.safetensors} --cluster tpu:1x4 -o >p", "\"tpu:1x4\"", "b200-8")]
    [InlineData(Place + "--window 0", "--window = 0", "1 or more tokens")]
    [InlineData(Place + "--tokens-per-step 0", "--tokens-per-step = 0", "1 to 16,777,216")]
    [InlineData(Place + "--context 99999999", "--context = 99999999", "1 to 16,777,216")]
    [InlineData("place {plain.safetensors} --cluster 1x4 -o >p", "--objective = \"step\"", "needs the model's dimensions")]
    [InlineData("place {unordered.safetensors} --cluster 1x4 --objective crossing -o >p", "\"affinity\"", "top-1", "gate weights")]
    [InlineData("place {unordered.safetensors} --cluster 1x4 --policy exflow -o >p", "unordered", "gate weights")]
    [InlineData("evaluate {unordered.safetensors} {contiguous.json} --residency coherent", "--residency", "no top-1 can be told")]
    [InlineData("evaluate {load.safetensors} {contiguous.json} --split test", "--split = \"test\"", "a load file has no sequences")]
    [InlineData("evaluate {one-sequence.safetensors} {contiguous.json} --split test", "no sequence of split test", "--split all")]
    [InlineData("demo --time-limit 0 -o >d", "--time-limit = 0", "above 0")]
    [InlineData("trace synthesize --tokens 0 -o >t", "tokens = 0", "1 to 1,000,000,000")]
    [InlineData("trace synthesize --affinity 1.5 --zipf -1 -o >t", "affinity = 1.5", "0 to 1", "zipfExponent = -1")]
    [InlineData("trace synthesize --layers 0 -o >t", "--layers = 0", "1 to 10,000")]
    [InlineData("trace synthesize --model gpt-17 -o >t", "model = \"gpt-17\"", "mixtral-8x7b")]
    public void A_value_out_of_range_is_told(string line, params string[] told) => Refuse(line, told);

    [Theory]
    [InlineData(Evaluate + "{nowhere.json}", "nowhere.json", "a file that can be read")]
    [InlineData(Evaluate + "{folder}", "folder", "a file that can be read")]
    [InlineData(Evaluate + "{unknown-key.json}", "unknown-key.json: colour = \"red\"", "the keys format, model")]
    [InlineData(Evaluate + "{missing-key.json}", "missing-key.json: experts = missing", "a whole number")]
    [InlineData(Evaluate + "{missing-expert.json}", "missing-expert.json: slots[0] = \"no slot for expert 0\"", "at least one slot")]
    [InlineData(Evaluate + "{twice.json}", "twice.json: slots[1][0][2] = 0", "at most once on a rank")]
    [InlineData(Evaluate + "{far-expert.json}", "far-expert.json: slots[2][3][1] = 8", "0 to 7")]
    [InlineData(Evaluate + "{newer.json}", "newer.json: format = \"moeplace.placement/2\"", "moeplace.placement/1")]
    [InlineData(Evaluate + "{text-slot.json}", "text-slot.json: slots[0][0][0] = \"zero\"", "a whole number")]
    [InlineData(Evaluate + "{no-slots.json}", "no-slots.json: slots = null", "a list")]
    [InlineData(Evaluate + "{escape.json}", "escape.json: \"\\u001B[31mred\\n\" =")]
    [InlineData(Evaluate + "{not-json.json}", "not-json.json: JSON = \"line 1")]
    [InlineData(Evaluate + "{list.json}", "list.json: $ = []", "an object")]
    [InlineData(Evaluate + "{empty.json}", "empty.json: JSON")]
    [InlineData(Evaluate + "{plain.json}", "plain.json: placement.layers = 3", "4, as in the trace")]
    [InlineData(Evaluate + "{contiguous.json} {two-ranks.json}", "two-ranks.json: placement.ranksPerNode = 2", "4, as in cluster")]
    [InlineData(Evaluate + "{contiguous.json} --cluster 2x2", "contiguous.json: placement.nodes = 1", "2, as in cluster")]
    [InlineData(Evaluate + "{contiguous.json} {contiguous.json}", "placements = ", "each placement once")]
    [InlineData(Evaluate + "{contiguous.json} --current {two-ranks.json}", "two-ranks.json: placement.ranksPerNode = 2")]
    [InlineData("evaluate {load.safetensors} {plain.json}", "plain.json: placement.layers = 3")]
    [InlineData(Place + "--current {plain.json}", "plain.json: placement.layers = 3", "4, as in the trace")]
    [InlineData(Place + "--current {two-ranks.json} --time-limit 600", "two-ranks.json: placement.ranksPerNode = 2")]
    [InlineData("place {toy.safetensors} --cluster {cluster-unknown-key.json} -o >p", "racks = 2", "ranksPerNode")]
    [InlineData("place {toy.safetensors} --cluster {cluster-missing-key.json} -o >p", "intraNode.latencyNanoseconds = missing", "a number")]
    [InlineData("place {toy.safetensors} --cluster {cluster-negative.json} -o >p", "interNode.bandwidthBytesPerSecond = -1", "1e3 to 1e18 bytes a second")]
    [InlineData("place {toy.safetensors} --cluster {cluster-text.json} -o >p", "nodes = \"four\"", "a whole number")]
    [InlineData("place {toy.safetensors} --cluster {cluster-newer.json} -o >p", "moeplace.cluster/9", "moeplace.cluster/1")]
    [InlineData("place {toy.safetensors} --cluster {nowhere.json} -o >p", "nowhere.json", "a file that can be read")]
    [InlineData("placement diff {contiguous.json} {two-ranks.json}", "ranksPerNode = 2", "4, as in the first placement")]
    [InlineData("placement diff {contiguous.json} {round-robin.json} --model {list.json}", "list.json: $", "one JSON object")]
    [InlineData("placement export {newer.json} --to sglang -o >m", "moeplace.placement/2")]
    [InlineData("placement import {sglang.json} --from sglang --model {other-model.json} --cluster 1x3 -o >p", "sglang.json")]
    [InlineData("placement import {ascend.json} --from vllm-ascend --model {other-model.json} --cluster 1x4 -o >p", "ascend.json", "3")]
    [InlineData("placement import {ascend.json} --from sglang --model {toy.json} --cluster 1x4 -o >p", "physical_to_logical_map")]
    [InlineData("placement import {ids.npy} --from omni --model {toy.json} --cluster 1x4 -o >p", "ids.npy")]
    [InlineData("report {contiguous.json} -o >r", "format = \"moeplace.placement/1\"", "moeplace.result/1")]
    [InlineData("report {nowhere.json} -o >r", "a file that can be read")]
    [InlineData("report {toy.safetensors} -o >r", "toy.safetensors: JSON")]
    public void A_file_that_does_not_fit_is_told(string line, params string[] told) => Refuse(line, told);

    [Theory]
    [InlineData("trace info {nowhere.safetensors}", "nowhere.safetensors", "a file that can be read")]
    [InlineData("trace info {contiguous.json}", "contiguous.json")]
    [InlineData("trace info {no-file.safetensors}", "no-file.safetensors")]
    [InlineData("trace info {truncated.safetensors}", "truncated.safetensors")]
    [InlineData("trace info {wrong-dtype.safetensors}", "expert_ids.dtype = \"I8\"", "U8")]
    [InlineData("trace info {zero-tokens.safetensors}", "sequence = 0", "at least one token")]
    [InlineData("trace info {newer.safetensors}", "format = \"moeplace.trace/2\"", "moeplace.trace/1")]
    [InlineData("trace info {fewer-layers.safetensors}", "expert_ids.shape", "[2000, 3, 2]")]
    [InlineData("trace info {expert-range.safetensors}", "expert_ids", "200", "0 to 7")]
    [InlineData("trace merge {toy.safetensors} {plain.safetensors} -o >t", "plain.safetensors: model", "the model of")]
    [InlineData("trace merge {toy.safetensors} {toy.safetensors} -o >t", "toy.safetensors: traces = 2", "each trace once")]
    [InlineData("trace merge {toy.safetensors} {load.safetensors} -o >t", "moeplace.load/1", "moeplace.trace/1")]
    [InlineData("trace import --from npy -o >t", "--ids = missing", "one file")]
    [InlineData("trace import --from npy --ids {short.npy} -o >t", "short.npy")]
    [InlineData("trace import --from npy --ids {floats.npy} -o >t", "floats.npy", "F8")]
    [InlineData("trace import --from npy --ids {ids.npy} --model mixtral-8x7b -o >t", "ids.npy", "32 MoE layers")]
    [InlineData("trace import --from npy --ids {ids.npy} --moe-layers 5-3 -o >t", "--moe-layers", "\"5-3\"", "rising")]
    [InlineData("trace import --from sglang -o >t", "files = missing", "at least one file")]
    [InlineData("trace import --from exflow {ids.npy} {short.npy} -o >t", "files = 2", "one file")]
    [InlineData("trace import --from sglang {ids.npy} --weights {ids.npy} -o >t", "--weights", "only with --from npy")]
    [InlineData("trace import --from sglang {ids.npy} -o >t", "ids.npy")]
    [InlineData("trace import --from trtllm {nowhere} -o >t", "nowhere")]
    public void A_recording_that_is_not_one_is_told(string line, params string[] told) => Refuse(line, told);

    [Theory]
    [InlineData("place {toy.safetensors} --cluster 1x4 -o {folder}", "--output", "the path of a file, not of a folder")]
    [InlineData("place {toy.safetensors} --cluster 1x4 -o {ids.npy}/p.json", "--output", "ids.npy is a file")]
    [InlineData("place {toy.safetensors} --cluster 1x4 -o /proc/none/p.json", "--output", "can be written")]
    [InlineData("place {toy.safetensors} --cluster 1x4 -o >p --result {folder}", "--result", "not of a folder")]
    [InlineData("place {toy.safetensors} --cluster 1x4 -o >p --result >p", "--result", "another file than the one that --output writes")]
    [InlineData("place {toy.safetensors} --cluster 1x4 -o {toy.safetensors}", "--output", "another file than the one that is read")]
    [InlineData("evaluate {toy.safetensors} {contiguous.json} --result {contiguous.json}", "--result", "another file")]
    [InlineData("trace merge {toy.safetensors} {toy.safetensors} -o {toy.safetensors}", "--output", "another file")]
    [InlineData("trace synthesize -o {folder}", "output", "not of a folder")]
    [InlineData("trace import --from npy --ids {ids.npy} -o {ids.npy}", "--output", "another file")]
    [InlineData("placement export {contiguous.json} --to sglang -o {folder}", "--output", "not of a folder")]
    [InlineData("placement export {contiguous.json} --to sglang -o {contiguous.json}", "--output", "another file")]
    public void An_output_that_cannot_or_must_not_be_written_is_told(string line, params string[] told) => Refuse(line, told);

    [Fact]
    public void Every_fault_is_told_at_once() => Refuse(
        "place {toy.safetensors} --cluster 1x3 --max-imbalance 0.5 --time-limit -1 --iteration-limit 0 --context 0 -o {folder} "
        + "--current {nowhere.json}",
        "--context = 0", "nowhere.json", "--output", "--time-limit = -1", "--cluster = 3", "--max-imbalance = 0.5",
        "--iteration-limit = 0");

    private void Refuse(string line, params string[] told)
    {
        using var folder = new TempFolder();
        var before = files.Snapshot();
        var arguments = line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => word[0] switch
        {
            '>' => folder[word[1..]],
            '{' => files[word[1..].Replace("}", "", StringComparison.Ordinal)],
            _ => word,
        });
        CliRun.Of([.. arguments]).Refused(told);
        Assert.Empty(folder.Files());
        Assert.Equal(before, files.Snapshot());
    }
}
