using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace MoEPlace.Simulation.Scenarios;

/// <summary>One combination of the values of a sweep.</summary>
/// <param name="Index">From 0, the last path changing fastest.</param>
/// <param name="Values">By path, in the order of the sweep; null is a value like others.</param>
/// <param name="Scenario">The scenario with these values.</param>
public sealed record SweepPoint(int Index, ImmutableArray<KeyValuePair<string, JsonNode?>> Values, Scenario Scenario)
{
    /// <summary>The most points of a sweep.</summary>
    public const int Most = 10_000;

    private const int DigestDigits = 12;

    /// <summary>The file of its result: its number, and a digest of its whole setting, so that a changed scenario is run anew.</summary>
    public string FileName =>
        $"{Index:D4}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Scenario.Canonical)))[..DigestDigits]}.json";

    /// <summary>All combinations, each read and checked.</summary>
    /// <param name="scenario">The scenario.</param>
    /// <param name="values">Values by path; 1 or more of each.</param>
    /// <exception cref="InputException">There are too many, a path does not exist, or a point cannot be run; every fault is
    /// told.</exception>
    public static ImmutableArray<SweepPoint> All(Scenario scenario, ImmutableArray<KeyValuePair<string, ImmutableArray<JsonNode?>>> values)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        var faults = new InputFaults(scenario.Path);
        var count = values.Aggregate(1.0, (product, list) => product * list.Value.Length);
        faults.Require(count <= Most, "sweep", count, $"at most {Most} combinations");
        faults.Require(count >= 1, "sweep", count, "at least one value for each path");
        faults.Require(!values.IsEmpty, "sweep", null, "at least one path with values, here or by --set");
        faults.ThrowIfAny();
        var points = new List<SweepPoint>();
        var seen = new HashSet<InputFault>();
        for (var i = 0; i < (int)count; i++)
        {
            var chosen = Choose(values, i);
            try
            {
                points.Add(new SweepPoint(i, chosen, scenario.With(chosen)));
            }
            catch (InputException e)
            {
                faults.AddRange(e.Faults.Where(seen.Add));
            }
        }
        faults.ThrowIfAny();
        return [.. points];
    }

    private static ImmutableArray<KeyValuePair<string, JsonNode?>> Choose(
        ImmutableArray<KeyValuePair<string, ImmutableArray<JsonNode?>>> values, int index)
    {
        var chosen = new KeyValuePair<string, JsonNode?>[values.Length];
        for (var path = values.Length - 1; path >= 0; path--)
        {
            chosen[path] = new(values[path].Key, values[path].Value[index % values[path].Value.Length]);
            index /= values[path].Value.Length;
        }
        return [.. chosen];
    }
}
