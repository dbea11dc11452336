using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace MoEPlace.Cli.Tests;

/// <summary>What the command as a whole promises.</summary>
public sealed class ProgramTests(Samples samples)
{
    public static TheoryData<string> Verbs() => [.. VerbsOf(Program.Root(new Terminal(TextWriter.Null, TextWriter.Null)), "")];

    [Theory]
    [MemberData(nameof(Verbs))]
    public void Every_verb_has_help(string verb)
    {
        var run = CliRun.Done([.. verb.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);
        Assert.Contains($"moeplace {verb}".TrimEnd(), run.Output, StringComparison.Ordinal);
        Assert.Contains("--help", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Tells_its_version() => Assert.Equal(MoEPlaceVersion.Current, CliRun.Done("--version").Output.Trim());

    [Theory]
    [InlineData("placement", "slots")]
    [InlineData("cluster", "ranksPerNode")]
    [InlineData("model", "moeLayerIds")]
    [InlineData("result", "placements")]
    [InlineData("scenario", "variants")]
    [InlineData("simulation", "expectations")]
    public void Prints_the_schema_of_its_files(string name, string key)
    {
        var schema = JsonNode.Parse(CliRun.Done("schema", name).Output)!.AsObject();
        Assert.Contains(key, schema["properties"]!.AsObject().Select(p => p.Key));
        Assert.Contains(key, schema["required"]!.AsArray().Select(k => (string?)k));
        Assert.False((bool)schema["additionalProperties"]!);
    }

    [Fact]
    public void A_schema_names_the_keys_that_its_file_has()
    {
        var schema = JsonNode.Parse(CliRun.Done("schema", "placement").Output)!;
        using var file = JsonDocument.Parse(File.ReadAllText(samples.Placement));
        Assert.Equal(
            file.RootElement.EnumerateObject().Select(p => p.Name).Order(), schema["properties"]!.AsObject().Select(p => p.Key).Order());
    }

    [Fact]
    public void A_trace_becomes_placements_measures_and_a_report()
    {
        using var folder = new TempFolder();
        foreach (var policy in new[] { "contiguous", "affinity" })
            CliRun.Done(
                "place", samples.Trace, "--cluster", "2x2", "--policy", policy, "--objective", "crossing", "--iteration-limit", "1",
                "--split",
                "train", "-o", folder[policy + ".json"], "--result", folder[policy + "-result.json"]);
        CliRun.Done(
            "evaluate", samples.Trace, folder["contiguous.json"], folder["affinity.json"], "--split", "test", "--result",
            folder["test.json"]);
        var run = CliRun.Done(
            "report", folder["test.json"], folder["affinity-result.json"], folder["contiguous-result.json"], "-o", folder["report"]);
        Assert.Equal(Path.Combine(folder["report"], "index.html"), run.Output.Trim());
        var files = folder.Files();
        Assert.Contains("report/index.html", files);
        foreach (var ending in new[] { ".svg", ".png", ".csv" })
            Assert.Contains(files, file => file.EndsWith(ending, StringComparison.Ordinal));
    }

    [Fact]
    public void The_demo_ends_with_the_page_to_open()
    {
        using var folder = new TempFolder();
        var run = CliRun.Of("demo", "--time-limit", "0.05", "-o", folder["demo"]);
        Assert.True(run.Code == 0, run.ToString());
        var page = Path.Combine(folder["demo"], "index.html");
        Assert.Equal($"Open {page}", run.Output.TrimEnd('\n').Split('\n')[^1]);
        Assert.True(File.Exists(page));
        Assert.Equal(7, Directory.GetFiles(folder["demo/placements"]).Length);
        Assert.All(run.Output.Split('\n'), line => Assert.InRange(line.Length, 0, 160));
    }

    private static IEnumerable<string> VerbsOf(Command command, string path) =>
        command.Subcommands.SelectMany(verb => VerbsOf(verb, $"{path} {verb.Name}".TrimStart())).Prepend(path);
}
