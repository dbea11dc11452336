using System.Text.Json.Nodes;
using MoEPlace.Results;
using MoEPlace.Simulation.Scenarios;
using Xunit;

namespace MoEPlace.Cli.Tests;

public sealed class SimulateCommandTests
{
    [Fact]
    public void Prints_variants_beside_the_baseline_and_writes_what_json_prints()
    {
        using var folder = new TempFolder();
        var scenario = ScenarioFiles.Write(folder);
        var told = CliRun.Done("simulate", scenario).Output;
        Assert.All(new[
            ] { "A toy", "What if?", "base", "other", "x1.00", "as expected: stepSeconds of other over that of base 0.01 to 100" },
            part => Assert.Contains(part, told, StringComparison.Ordinal));
        var json = CliRun.Json("simulate", scenario, "--result", folder["result.json"], "--timeline", folder["trace.json"]);
        var written = SimulationResult.Read(folder["result.json"]);
        Assert.Equal(json.GetRawText(), JsonNode.Parse(File.ReadAllText(folder["result.json"]))!.ToJsonString(StrictJson.Options));
        Assert.Equal(["base", "other"], written.Variants.Select(v => v.Name));
        Assert.NotEmpty(JsonNode.Parse(File.ReadAllText(folder["trace.json"]))!["traceEvents"]!.AsArray());
    }

    [Fact]
    public void An_expectation_that_is_not_met_is_named_and_ends_with_1()
    {
        using var folder = new TempFolder();
        var scenario = ScenarioFiles.Write(folder, root => (root["expect"]![0]!["least"], root["expect"]![0]!["most"]) = (200, null));
        var run = CliRun.Of("simulate", scenario, "--result", folder["result.json"]);
        Assert.Equal(1, run.Code);
        Assert.Contains("not as expected: stepSeconds of other over that of base at least 200: ", run.Error, StringComparison.Ordinal);
        Assert.False(SimulationResult.Read(folder["result.json"]).Expectations[0].Met);
    }

    [Fact]
    public void A_name_that_is_none_lists_those_that_there_are()
    {
        using var folder = new TempFolder();
        CliRun.Of("simulate", "nothing", "--result", folder["r"]).Refused("name = \"nothing\"", "exflow, fsmoe", "slow-nic, tutel");
        Assert.Empty(folder.Files());
    }

    [Fact]
    public void All_faults_are_told_and_nothing_is_written()
    {
        using var folder = new TempFolder();
        var scenario = ScenarioFiles.Write(folder, root =>
        {
            root["work"]!["tokensPerRank"] = 0;
            root["placement"] = new JsonObject { ["policy"] = "affinity", ["iterationLimit"] = 0 };
        });
        CliRun.Of("simulate", scenario, "--result", scenario, "--timeline", "/proc/none/t.json").Refused(
            "work.tokensPerRank = 0", "/proc/none/t.json", "--timeline");
        Assert.Equal(["toy.json"], folder.Files());
    }

    [Fact]
    public void A_result_must_not_replace_the_scenario()
    {
        using var folder = new TempFolder();
        var scenario = ScenarioFiles.Write(folder);
        CliRun.Of("simulate", scenario, "--result", scenario).Refused("--result", "another file than the one that is read");
    }

    [Fact]
    public void Every_policy_that_a_scenario_may_name_places()
    {
        using var folder = new TempFolder();
        foreach (var policy in PlacementChoice.Policies)
            CliRun.Done("simulate", ScenarioFiles.Write(folder, root => root["placement"] = new JsonObject { ["policy"] = policy }));
        var drained = ScenarioFiles.Write(folder, root =>
        {
            root["lostRanks"] = new JsonArray(1);
            root["variants"] = new JsonArray(
                ScenarioFiles.Variant("base", "policy", "affinity"), ScenarioFiles.Variant("other", "objective", "copies"));
            root["placement"] = new JsonObject { ["policy"] = "affinity" };
        });
        CliRun.Done("simulate", drained);
        var node = ScenarioFiles.Write(folder, root =>
        {
            root["lostRanks"] = new JsonArray(0, 1);
            root["placement"] = new JsonObject { ["redundant"] = 8 };
            root["variants"] = new JsonArray(
                ScenarioFiles.Variant("base", "policy", "eplb"), ScenarioFiles.Variant("other", "policy", "affinity"));
        });
        CliRun.Done("simulate", node);
    }

    [Fact]
    public void An_interrupt_ends_with_130_and_writes_nothing()
    {
        using var folder = new TempFolder();
        using var interrupt = new CancellationTokenSource();
        StepRunner step = (setting, name, description, placement, cancellation) =>
        {
            interrupt.Cancel();
            cancellation.ThrowIfCancellationRequested();
            return ScenarioFiles.Step(setting, name, description, placement, cancellation);
        };
        var run = ScenarioFiles.Run(step, interrupt.Token, "simulate", ScenarioFiles.Write(folder), "--result", folder["r.json"]);
        Assert.Equal((130, ""), (run.Code, run.Output));
        Assert.Equal(["toy.json"], folder.Files());
    }
}
