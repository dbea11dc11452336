using System.CommandLine;
using MoEPlace.Torch;

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

    public static Option<string> ElementType() =>
        Choice("--type", "Element type of weights and activations.", "float32", "float32", "bfloat16", "float16");

    /// <summary>The element type that was chosen; a fault is noted where the device does not compute in it.</summary>
    public static ScalarType ToElementType(string text, TorchDevice? device, InputFaults faults)
    {
        var type = Enum.Parse<ScalarType>(text, ignoreCase: true);
        faults.Require(
            type != ScalarType.Float16 || device is null or { IsCuda: true }, "--type", text,
            "float32 or bfloat16: the CPU multiplies no float16 matrices");
        return type;
    }

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
