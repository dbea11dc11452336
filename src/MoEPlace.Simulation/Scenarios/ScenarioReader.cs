using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using MoEPlace.Traces.Models;

namespace MoEPlace.Simulation.Scenarios;

/// <summary>Gives every variant of a scenario its whole setting and notes everything that keeps one from being run.</summary>
/// <param name="root">The file.</param>
/// <param name="content">The same by its keys, whose kinds of values are right.</param>
/// <param name="file">What faults call it.</param>
/// <param name="folder">What its paths are relative to.</param>
internal sealed class ScenarioReader(JsonObject root, ScenarioFile content, string file, string folder)
{
    private const int MostVariants = 64;
    private readonly InputFaults faults = new(file);
    private readonly HashSet<InputFault> told = [];
    private readonly TraceLookup traces = new();

    /// <summary>The variants, in order.</summary>
    /// <exception cref="InputException">Something is wrong; every fault is told.</exception>
    internal ImmutableArray<ScenarioVariant> Read()
    {
        var variants = new List<ScenarioVariant>();
        ScenarioTextCheck.Check(content, faults);
        if (!content.Variants.IsDefault && faults.Require(
            content.Variants.Length is >= 1 and <= MostVariants, "variants", content.Variants.Length, $"1 to {MostVariants}"))
            for (var i = 0; i < content.Variants.Length; i++)
                if (ReadVariant(i) is { } variant)
                    variants.Add(variant);
        faults.ThrowIfAny();
        return [.. variants];
    }

    private ScenarioVariant? ReadVariant(int index)
    {
        var change = (JsonObject)root["variants"]![index]!;
        var routing = Part<RoutingChoice>(change, "routing", index);
        var placement = Part<PlacementChoice>(change, "placement", index);
        var work = Part<WorkChoice>(change, "work", index);
        var schedule = Part<Schedules.Schedule>(change, "schedule", index);
        var lost = Lost(change, index);
        var cluster = Try(() => ReadCluster(Merged(change, "cluster"), Field(change, "cluster", index)));
        string FieldOf(string key) => Field(change, key, index);
        routing = Try(() => routing is null ? null : routing with { Trace = Rooted(routing.Trace, FieldOf("routing") + ".trace") });
        placement = Try(() => placement is null ? null : placement with { File = Rooted(placement.File, FieldOf("placement") + ".file") });
        if (routing is null || placement is null || work is null || schedule is null)
            return null;
        var traced = Try(() => traces.Find(routing, placement.Split, file, FieldOf("routing")));
        var model = routing.Trace is not null && traced is null ? null
            : Try(() => ReadModel(Merged(change, "model"), FieldOf("model"), traced?.Model));
        if (cluster is null || model is null)
        {
            var alone = new InputFaults(file);
            SettingCheck.CheckAlone(model, traced, work, schedule, FieldOf, alone);
            Tell(alone.ToImmutable());
            return null;
        }
        var (name, description) = (content.Variants[index].Name, content.Variants[index].Description);
        var variant = new ScenarioVariant(name, description, model, routing, cluster, placement, work, schedule, lost, content.Seed);
        var unfit = new InputFaults(file);
        SettingCheck.Check(variant, traced, FieldOf, unfit);
        Tell(unfit.ToImmutable());
        return variant;
    }

    /// <summary>A setting that all variants share is faulty once, not once for each.</summary>
    private void Tell(IEnumerable<InputFault> more) => faults.AddRange(more.Where(told.Add));

    private T? Try<T>(Func<T?> read)
        where T : class
    {
        try
        {
            return read();
        }
        catch (InputException e)
        {
            Tell(e.Faults);
            return null;
        }
    }

    private static string Field(JsonObject change, string key, int index) => change[key] is null ? key : $"variants[{index}].{key}";

    private JsonNode? Merged(JsonObject change, string key) => JsonMerge.ApplyBased(root[key], change[key]);

    private T? Part<T>(JsonObject change, string key, int index)
        where T : class, new() =>
        Try(() => Merged(change, key) is { } node
            ? StrictJson.Parse<T>(node.ToJsonString(StrictJson.OneLine), file, Field(change, key, index)) : new T());

    private ImmutableArray<int> Lost(JsonObject change, int index)
    {
        var lost = change["lostRanks"] is null ? content.LostRanks : content.Variants[index].LostRanks ?? [];
        return lost.IsDefault ? [] : [.. lost.Order()];
    }

    private string? Rooted(string? path, string field) => path is null ? null
        : !path.Contains('\0', StringComparison.Ordinal) ? Path.GetFullPath(Path.Combine(folder, path))
        : throw new InputException(file, field, path, "a path, which has no null character");

    /// <summary>A name stays a name; a file is sought beside the scenario.</summary>
    private string Named(string text, string field) =>
        text.EndsWith(".json", StringComparison.OrdinalIgnoreCase) ? Rooted(text, field)! : text;

    private Cluster ReadCluster(JsonNode? node, string field)
    {
        var (based, rest) = Split(node, field, "what --cluster takes, or an object with keys of a cluster and its base");
        var under = based is null ? null : Relabel(() => ClusterPresets.Parse(Named(based, field)), field, "--cluster");
        if (under is not null && rest.Count == 0)
            return under;
        var cluster = Over(under, rest, field, (whole, wrong) => whole.Check(wrong));
        return under is null || rest.ContainsKey("name") || (cluster.Nodes, cluster.RanksPerNode) == (under.Nodes, under.RanksPerNode) ? cluster
            : cluster with { Name = $"{under.Name.Split(':')[0]}:{cluster.Nodes}x{cluster.RanksPerNode}" };
    }

    /// <summary>Some keys over those of a base.</summary>
    private T Over<T>(T? under, JsonObject keys, string field, Action<T, InputFaults> check)
        where T : class
    {
        var merged = JsonMerge.Apply(under is null ? null : JsonSerializer.SerializeToNode(under, StrictJson.Options), keys)!;
        var whole = StrictJson.Parse<T>(merged.ToJsonString(StrictJson.OneLine), file, field);
        var wrong = new InputFaults(file);
        check(whole, wrong);
        if (!wrong.Any)
            CheckRead(keys, (JsonObject)JsonSerializer.SerializeToNode(whole, StrictJson.Options)!, "", wrong);
        return wrong.Any ? throw new InputException(wrong.ToImmutable().Select(fault => fault with { Field = $"{field}.{fault.Field}" })) : whole;
    }

    private MoEModel ReadModel(JsonNode? node, string field, MoEModel? traced)
    {
        if (node is null)
            return traced ?? throw new InputException(file, field, null, "a model, from which synthetic routing takes its shape");
        var (based, rest) = Split(node, field, "a built-in model, a config.json, or an object with keys of a model and its base");
        var under = based is null ? traced : Relabel(() => ModelConfig.Read(Named(based, field)), field, "--model");
        if (under is not null && rest.Count == 0)
            return under;
        return Over(under, rest, field, (whole, wrong) => whole.Check(wrong));
    }

    private (string? Base, JsonObject Keys) Split(JsonNode? node, string field, string allowed)
    {
        if (node is JsonValue text && text.GetValueKind() == JsonValueKind.String)
            return (text.GetValue<string>(), []);
        if (node is not JsonObject keys)
            throw new InputException(file, field, node, allowed);
        var rest = (JsonObject)keys.DeepClone();
        if (!rest.Remove(JsonMerge.Base, out var named) || named is null)
            return (null, rest);
        return named.GetValueKind() == JsonValueKind.String ? (named.GetValue<string>(), rest)
            : throw new InputException(file, $"{field}.{JsonMerge.Base}", named, "a text");
    }

    /// <summary>Notes keys that follow from others: files of their own may hold them, but here they would change nothing.</summary>
    private static void CheckRead(JsonObject given, JsonObject read, string field, InputFaults faults)
    {
        foreach (var (key, value) in given)
        {
            var at = field.Length == 0 ? key : $"{field}.{key}";
            if (faults.Require(read.ContainsKey(key), at, value, $"the keys {string.Join(", ", read.Select(k => k.Key))}")
                && value is JsonObject inner && read[key] is JsonObject innerRead)
                CheckRead(inner, innerRead, at, faults);
        }
    }

    /// <summary>Faults of an option of the command line become faults of the key that holds what it would.</summary>
    private T Relabel<T>(Func<T> read, string field, string option)
    {
        try
        {
            return read();
        }
        catch (InputException e)
        {
            throw new InputException(e.Faults.Select(fault => !fault.File.StartsWith(option, StringComparison.Ordinal) ? fault
                : fault with { File = file, Field = fault.Field is "cluster" or "model" ? field : $"{field}.{fault.Field}" }));
        }
    }
}
