using System.Collections.Immutable;
using System.Text.Json.Nodes;
using MoEPlace.Results;
using MoEPlace.Simulation;
using MoEPlace.Simulation.Scenarios;

namespace MoEPlace.Cli.Tests;

/// <summary>A scenario of synthetic routing over the samples' model, and a step that takes no time.</summary>
internal static class ScenarioFiles
{
    /// <summary>Writes it, changed.</summary>
    internal static string Write(TempFolder folder, Action<JsonObject>? change = null)
    {
        var root = new JsonObject
        {
            ["format"] = "moeplace.scenario/1",
            ["name"] = "toy",
            ["title"] = "A toy",
            ["question"] = "What if?",
            ["model"] = JsonNode.Parse(Samples.Model),
            ["routing"] = new JsonObject { ["synthetic"] = new JsonObject { ["tokens"] = 500, ["sequences"] = 20 } },
            ["cluster"] = "h100-8:2x2",
            ["work"] = new JsonObject { ["tokensPerRank"] = 8, ["contextTokens"] = 16 },
            ["variants"] = new JsonArray(Variant("base", "policy", "contiguous"), Variant("other", "policy", "round-robin")),
            ["expect"] = new JsonArray(new JsonObject
            {
                ["measure"] = "stepSeconds",
                ["variant"] = "other",
                ["over"] = "base",
                ["least"] = 0.01,
                ["most"] = 100,
                ["why"] = "the same bytes, dealt otherwise",
            }),
            ["sweep"] = new JsonObject { ["work.tokensPerRank"] = new JsonArray(4, 8, 16) },
        };
        change?.Invoke(root);
        File.WriteAllText(folder["toy.json"], root.ToJsonString());
        return folder["toy.json"];
    }

    internal static JsonObject Variant(string name, string key, string value) => new()
    {
        ["name"] = name,
        ["description"] = $"{key} {value}",
        ["placement"] = new JsonObject { [key] = value },
    };

    /// <summary>Runs a command line with another simulator.</summary>
    internal static CliRun Run(StepRunner step, CancellationToken cancellation, params string[] arguments)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var code = Task.Run(() => Program.RunAsync(arguments, output, error, cancellation, step)).GetAwaiter().GetResult();
        return new CliRun(code, output.ToString(), error.ToString());
    }

    /// <summary>Measures that follow from the setting alone.</summary>
    internal static SimulatedVariant Step(
        StepSetting setting, string name, string description, string placement, CancellationToken cancellation) => new(
        name, description, setting.Cluster.Name, setting.Cluster.Nodes, setting.Cluster.RanksPerNode, placement, "", setting.Steps,
            setting.TokensPerStep,
        SimulationMeasure.All.ToImmutableSortedDictionary(m => m, m => (double)setting.TokensPerStep, StringComparer.Ordinal), [], [], [],
            null, 0);
}
