using System.Text.Json.Nodes;

namespace MoEPlace.Simulation.Scenarios;

/// <summary>Sets a value of a scenario by the path of its key.</summary>
internal static class JsonPath
{
    private const string Allowed =
        "keys joined by points that begin with seed, model, routing, cluster, placement, work, schedule, lostRanks or variants.NAME";

    private static readonly string[] Settings = ["seed", "model", "routing", "cluster", "placement", "work", "schedule", "lostRanks"];

    /// <summary>
    /// Sets it; objects on the way are made where they are missing. Whether the key exists is for who reads the scenario to say.
    /// </summary>
    /// <param name="root">The scenario.</param>
    /// <param name="path">For example <c>variants.slow.cluster.nodes</c>.</param>
    /// <param name="value">What shall stand there; null takes the key back to its default.</param>
    /// <param name="file">The file, for faults.</param>
    /// <exception cref="InputException">It is no path of a setting.</exception>
    internal static void Set(JsonObject root, string path, JsonNode? value, string file)
    {
        var keys = path.Split('.');
        var (at, next) = (root, 0);
        if (keys is ["variants", _, _, ..])
        {
            at = Variant(root, keys[1])
                ?? throw new InputException(file, "sweep", path, "variants." + string.Join(" or variants.", Names(root)));
            next = 2;
        }
        if (!Settings.Contains(keys[next]) || (next == 2 && keys[next] == "seed") || keys.Any(key => key.Length == 0))
            throw new InputException(file, "sweep", path, Allowed);
        for (; next < keys.Length - 1; next++)
        {
            // The name of a base stands for an object that has it.
            if (at[keys[next]] is JsonValue name && keys[next] is "cluster" or "model")
                at[keys[next]] = new JsonObject { [JsonMerge.Base] = at[keys[next]]?.DeepClone() };
            if (at[keys[next]] is not (null or JsonObject))
                throw new InputException(file, "sweep", path, $"a path through objects; {keys[next]} is none");
            at[keys[next]] ??= new JsonObject();
            at = (JsonObject)at[keys[next]]!;
        }
        at[keys[^1]] = value?.DeepClone();
    }

    private static JsonObject? Variant(JsonObject root, string name) =>
        (root["variants"] as JsonArray)?.OfType<JsonObject>().FirstOrDefault(variant => (string?)variant["name"] == name);

    private static IEnumerable<string?> Names(JsonObject root) => (root["variants"] as JsonArray ?? [])
        .Select(variant => (string?)variant?["name"]);
}
