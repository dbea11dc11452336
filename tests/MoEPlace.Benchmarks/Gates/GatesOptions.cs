using System.Globalization;
using MoEPlace.Executor.Gates;

namespace MoEPlace.Benchmarks.Gates;

/// <summary>What the study of gates is asked for.</summary>
/// <param name="Text">Text files or folders.</param>
/// <param name="Output">The folder of the page; models stand in <c>models/</c> below <paramref name="Work"/>.</param>
/// <param name="Work">The folder of the models and their recordings; those that are there are not made again.</param>
/// <param name="Cluster">As <c>place --cluster</c> takes it.</param>
/// <param name="Steps">Of each training.</param>
/// <param name="Seconds">Each search may take.</param>
/// <param name="Ranks">Processes that share a training.</param>
/// <param name="Gates">Kinds of gates.</param>
internal sealed record GatesOptions(
    string[] Text, string Output, string Work, string Cluster, int Steps, double Seconds, int Ranks, string[] Gates)
{
    /// <summary>Reads a command line.</summary>
    /// <exception cref="InputException">Every fault of it.</exception>
    internal static GatesOptions Parse(string[] args)
    {
        var options = new GatesOptions(
            [], Path.Combine("reports", "gates"), Path.Combine("artifacts", "gates"), "1x4", 300, 2, Environment.ProcessorCount, []);
        var faults = new InputFaults("gates");
        for (var i = 0; i < args.Length; i += 2)
        {
            if (args.ElementAtOrDefault(i + 1) is not { } value)
            {
                faults.Add(args[i], null, "a value after it");
                break;
            }
            options = args[i] switch
            {
                "--text" => options with { Text = [.. options.Text, value] },
                "--output" => options with { Output = value },
                "--work" => options with { Work = value },
                "--cluster" => options with { Cluster = value },
                "--steps" => options with { Steps = (int)Number(args[i], value, 1, 1_000_000) },
                "--seconds" => options with { Seconds = Number(args[i], value, 0.1, 3600) },
                "--ranks" => options with { Ranks = (int)Number(args[i], value, 1, 64) },
                "--gate" => options with { Gates = [.. options.Gates, Gate(value)] },
                _ => Unknown(args[i]),
            };
        }
        var shared = Environment.GetEnvironmentVariable("MOEPLACE_SHARED") is { Length: > 0 } told ? told : Path.Combine("..", "shared");
        if (options.Text.Length == 0)
            options = options with { Text = [Path.Combine(shared, "data", "corpus")] };
        faults.ThrowIfAny();
        return options.Gates.Length > 0 ? options : options with { Gates = [.. GateOptionsJson.Names] };

        double Number(string option, string text, double least, double most)
        {
            var reads = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number);
            return faults.Require(reads && number >= least && number <= most, option, text, $"{least} to {most}") ? number : least;
        }

        string Gate(string text)
        {
            faults.Require(GateOptionsJson.Names.Contains(text), "--gate", text, string.Join(", ", GateOptionsJson.Names));
            return text;
        }

        GatesOptions Unknown(string option)
        {
            faults.Add("option", option, "--text, --output, --work, --cluster, --steps, --seconds, --ranks, --gate");
            return options;
        }
    }
}
