using System.CommandLine;

namespace MoEPlace.Cli;

/// <summary>Options that several verbs share, each made anew for its verb.</summary>
internal static class CommonOptions
{
    private const string Clusters = "A preset, NxR (N nodes of R ranks of the default preset), PRESET:NxR, or a cluster file.";

    public static Option<string> Cluster(string description = Clusters) =>
        new("--cluster") { Description = $"{description} Presets: {string.Join(", ", ClusterPresets.Names)}." };

    public static Option<string> Split(string fallback) =>
        Choice("--split", "Which sequences: train (number mod 5 is not 0), test (is 0) or all.", fallback, "train", "test", "all");

    public static Option<bool> Json() => new("--json") { Description = "Print the result as one JSON object." };

    public static Option<string> Output(string description) => new("--output", "-o") { Description = description, Required = true };

    public static Option<string?> Result() => new("--result") { Description = "Also write the result to this file, for `report`." };

    public static Option<string> Choice(string name, string description, string fallback, params string[] allowed)
    {
        var option = new Option<string>(name) { Description = description, DefaultValueFactory = _ => fallback };
        option.AcceptOnlyFromAmong(allowed);
        return option;
    }

    /// <summary>The split of an option's text.</summary>
    public static TraceSplit ToSplit(string text) => text switch
    {
        "train" => TraceSplit.Train,
        "test" => TraceSplit.Test,
        _ => TraceSplit.All,
    };
}
