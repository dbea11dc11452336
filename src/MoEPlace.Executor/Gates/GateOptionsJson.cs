using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MoEPlace.Executor.Gates;

/// <summary>
/// The object <c>moeplace_gate</c> of <c>config.json</c>: the kind of a gate and the keys that this kind has, all optional.
/// </summary>
public static class GateOptionsJson
{
    private static readonly ImmutableArray<(GateKind Kind, string Name, string[] Keys)> Kinds =
    [
        (GateKind.TopK, "top_k", []),
        (GateKind.TopP, "top_p", ["balance_coefficient", "z_coefficient", "threshold", "entropy_coefficient"]),
        (GateKind.NullExperts, "null_experts", ["balance_coefficient", "z_coefficient", "null_experts"]),
        (GateKind.CostFreeExperts, "cost_free_experts",
            ["balance_coefficient", "z_coefficient", "zero_experts", "copy_experts", "constant_experts", "cost_free_share"]),
        (GateKind.Recurrent, "recurrent", ["balance_coefficient", "z_coefficient", "state_width"]),
        (GateKind.PreGate, "pre_gate", ["balance_coefficient", "z_coefficient"]),
        (GateKind.Random, "random", ["seed"]),
        (GateKind.ExpertChoice, "expert_choice", ["z_coefficient", "capacity_factor"]),
        (GateKind.Domain, "domain", ["balance_coefficient", "z_coefficient", "domains"]),
    ];

    /// <summary>The names of all kinds.</summary>
    public static ImmutableArray<string> Names { get; } = [.. Kinds.Select(k => k.Name)];

    /// <summary>The kind of a name; null for a name that none has.</summary>
    public static GateKind? KindOf(string? name) =>
        Kinds.FirstOrDefault(k => k.Name == name) is { Name: not null } found ? found.Kind : null;

    /// <summary>The name of a kind.</summary>
    public static string NameOf(GateKind kind) => Kinds.First(k => k.Kind == kind).Name;

    /// <summary>Reads the object; what is wrong with it is noted.</summary>
    /// <param name="gate">The value of <c>moeplace_gate</c>.</param>
    /// <param name="faults">Where to note it.</param>
    /// <param name="experts">Experts of a layer.</param>
    /// <param name="choices">The most experts of a token.</param>
    public static GateOptions Read(JsonElement gate, InputFaults faults, int experts, int choices)
    {
        ArgumentNullException.ThrowIfNull(faults);
        const string prefix = "moeplace_gate.";
        if (!faults.Require(gate.ValueKind == JsonValueKind.Object, "moeplace_gate", gate.ValueKind, "an object with the key kind"))
            return new GateOptions();
        var name = !gate.TryGetProperty("kind", out var told) ? null
            : told.ValueKind == JsonValueKind.String ? told.GetString() : told.GetRawText();
        if (!faults.Require(KindOf(name) is not null, prefix + "kind", name, string.Join(", ", Names)))
            return new GateOptions();
        var (kind, _, keys) = Kinds.First(k => k.Name == name);
        var options = new GateOptions { Kind = kind };
        var read = new InputFaults(faults.File);
        foreach (var entry in gate.EnumerateObject())
            if (entry.Name != "kind" && read.Require(
                keys.Contains(entry.Name), prefix + entry.Name, entry.Value.GetRawText(),
                $"no such key; kind {name} takes {(keys.Length > 0 ? string.Join(", ", keys) : "none")}"))
                options = With(options, entry, read, prefix);
        if (!read.Any)
            options.Check(read, prefix, experts, choices);
        faults.AddRange(read.ToImmutable());
        return options;
    }

    /// <summary>The object of some options: their kind and every key that it has.</summary>
    public static JsonObject Write(GateOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var (_, name, keys) = Kinds.First(k => k.Kind == options.Kind);
        var gate = new JsonObject { ["kind"] = name };
        foreach (var key in keys)
            gate[key] = key switch
            {
                "balance_coefficient" => options.BalanceCoefficient,
                "z_coefficient" => options.ZCoefficient,
                "threshold" => options.Threshold,
                "entropy_coefficient" => options.EntropyCoefficient,
                "null_experts" => options.NullExperts,
                "zero_experts" => options.ZeroExperts,
                "copy_experts" => options.CopyExperts,
                "constant_experts" => options.ConstantExperts,
                "cost_free_share" => options.CostFreeShare,
                "state_width" => options.StateWidth,
                "capacity_factor" => options.CapacityFactor,
                "seed" => options.Seed,
                _ => new JsonArray([.. options.Domains.Select(d => (JsonNode)d)]),
            };
        return gate;
    }

    private static GateOptions With(GateOptions options, JsonProperty entry, InputFaults faults, string prefix)
    {
        return entry.Name switch
        {
            "balance_coefficient" => options with { BalanceCoefficient = Number() },
            "z_coefficient" => options with { ZCoefficient = Number() },
            "threshold" => options with { Threshold = Number() },
            "entropy_coefficient" => options with { EntropyCoefficient = Number() },
            "null_experts" => options with { NullExperts = (int)Whole(int.MaxValue) },
            "zero_experts" => options with { ZeroExperts = (int)Whole(int.MaxValue) },
            "copy_experts" => options with { CopyExperts = (int)Whole(int.MaxValue) },
            "constant_experts" => options with { ConstantExperts = (int)Whole(int.MaxValue) },
            "cost_free_share" => options with { CostFreeShare = Number() },
            "state_width" => options with { StateWidth = (int)Whole(int.MaxValue) },
            "capacity_factor" => options with { CapacityFactor = Number() },
            "seed" => options with { Seed = Whole(long.MaxValue) },
            _ => options with { Domains = Texts() },
        };

        double Number()
        {
            var number = 0.0;
            var holds = entry.Value.ValueKind == JsonValueKind.Number && entry.Value.TryGetDouble(out number);
            return faults.Require(holds, prefix + entry.Name, entry.Value.GetRawText(), "a number") ? number : 0;
        }

        long Whole(long most)
        {
            var number = 0L;
            var holds = entry.Value.ValueKind == JsonValueKind.Number && entry.Value.TryGetInt64(out number)
                && number >= -most && number <= most;
            return faults.Require(holds, prefix + entry.Name, entry.Value.GetRawText(), "a whole number") ? number : 0;
        }

        ImmutableArray<string> Texts()
        {
            var holds = entry.Value.ValueKind == JsonValueKind.Array
                && entry.Value.EnumerateArray().All(v => v.ValueKind == JsonValueKind.String);
            return faults.Require(holds, prefix + entry.Name, entry.Value.GetRawText(), "a list of names")
                ? [.. entry.Value.EnumerateArray().Select(v => v.GetString()!)]
                : [];
        }
    }
}
