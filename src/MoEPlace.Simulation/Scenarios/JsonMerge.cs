using System.Text.Json.Nodes;

namespace MoEPlace.Simulation.Scenarios;

/// <summary>Lays the keys that differ over those that all share (RFC 7396, JSON Merge Patch).</summary>
internal static class JsonMerge
{
    /// <summary>The key by which a model or a cluster names the one that it is taken from.</summary>
    internal const string Base = "base";

    /// <summary>Objects key by key, null removing a key; anything else replaces what stood there. Neither argument changes.</summary>
    internal static JsonNode? Apply(JsonNode? under, JsonNode? over)
    {
        if (over is not JsonObject changes)
            return over?.DeepClone();
        var merged = under as JsonObject is { } shared ? (JsonObject)shared.DeepClone() : [];
        foreach (var (key, value) in changes)
        {
            if (value is null)
                merged.Remove(key);
            else
                merged[key] = Apply(merged[key], value);
        }
        return merged;
    }

    /// <summary>The same for a model or a cluster, where a text is the name of a base.</summary>
    internal static JsonNode? ApplyBased(JsonNode? under, JsonNode? over) =>
        over is JsonObject && under is JsonValue name ? Apply(new JsonObject { [Base] = name.DeepClone() }, over)
        : over is null ? under?.DeepClone() : Apply(under, over);
}
