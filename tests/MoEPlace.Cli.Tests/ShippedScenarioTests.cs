using System.Collections.Immutable;
using System.Text.Json.Nodes;
using MoEPlace.Results;
using MoEPlace.Simulation.Scenarios;
using Xunit;

namespace MoEPlace.Cli.Tests;

/// <summary>The scenarios that ship, as a person runs them: what they expect must come out.</summary>
public sealed class ShippedScenarioTests
{
    public static TheoryData<string> Names() => [.. ScenarioFolder.Names(ScenarioFolder.Locate()!)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_shipped_scenario_comes_out_as_it_expects(string name)
    {
        using var folder = new TempFolder();
        var run = CliRun.Done("simulate", name, "--result", folder["result.json"]);
        Assert.Contains("as expected", run.Output, StringComparison.Ordinal);
        var result = SimulationResult.Read(folder["result.json"]);
        Assert.Equal(name, result.Scenario);
        Assert.NotEmpty(result.Expectations);
        Assert.All(result.Variants, variant => Assert.NotNull(variant.Timeline));
        AssertToldApart(result);
    }

    [Fact]
    public void The_promised_scenarios_ship_and_each_is_named_as_its_file()
    {
        string[] promised =
        [
            "deepseek-v3-decode", "deepseek-v3-prefill", "deepspeed-moe", "double-cluster", "exflow", "fsmoe", "lost-node", "slow-nic",
                "tutel",
        ];
        Assert.Empty(promised.Except(Names().Select(row => row.Data)));
        Assert.All(Names(), row => Assert.Equal(row.Data, Read(row.Data).Content.Name));
        Assert.All(
            promised.Except(["double-cluster", "lost-node", "slow-nic"]),
            name => Assert.All(Read(name).Content.Published, claim => Assert.NotEmpty(claim.Difference)));
    }

    [Fact]
    public void The_sweep_of_every_shipped_scenario_can_be_run()
    {
        foreach (var row in Names())
        {
            var scenario = Read(row.Data);
            var points = SweepPoint.All(scenario, [.. scenario.Content.Sweep!.Select(list => KeyValuePair.Create(
                list.Key, (ImmutableArray<JsonNode?>)[.. list.Value.Select(v => JsonNode.Parse(v.GetRawText())!)]))]);
            Assert.NotEmpty(points);
        }
    }

    [Fact]
    public void The_same_seed_gives_the_same_bytes_and_another_seed_others()
    {
        var (first, again, other) = (Told("1"), Told("1"), Told("2"));
        Assert.Equal(first, again);
        Assert.NotEqual(first, other);

        static string Told(string seed) => CliRun.Done("simulate", "fsmoe", "--seed", seed, "--json")
            .Output.Replace($"\"seed\": {seed},", "", StringComparison.Ordinal);
    }

    /// <summary>
    /// Fails where a variant could measure as any other, the baseline among them, and all would still come out as expected: a variant whose
    /// changes did nothing measures as the one that it changes.
    /// </summary>
    private static void AssertToldApart(SimulationResult result)
    {
        foreach (var variant in result.Variants.Skip(1))
        {
            foreach (var other in result.Variants.Where(other => other != variant))
            {
                var broken = result.Expectations.Count(expected =>
                {
                    var value = Of(expected.Variant);
                    if (expected.Over is { } over)
                        value = Of(over) != 0 ? value / Of(over) : value == 0 ? 1 : double.MaxValue;
                    return value < expected.Least || value > expected.Most;

                    double Of(string name) =>
                        result.Variants.First(v => v.Name == (name == variant.Name ? other.Name : name)).Measures.GetValueOrDefault(expected.Measure);
                });
                Assert.True(broken > 0, $"{result.Scenario}: nothing that is expected fails where {variant.Name} measures as {other.Name}");
            }
        }
    }

    private static Scenario Read(string name) => Scenario.Read(ScenarioFolder.Find(name));
}
