using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MoEPlace.Simulation.Scenarios;

/// <summary>A scenario file that has been read and checked with all that it names: models, clusters, traces, placements.</summary>
public sealed class Scenario
{
    /// <summary>The largest file that is read.</summary>
    private const long MostBytes = 4 << 20;

    private static readonly JsonDocumentOptions EachKeyOnce = new() { AllowDuplicateProperties = false };
    private readonly JsonObject root;
    private readonly string folder;

    private Scenario(string path, string folder, JsonObject root, ScenarioFile content, ImmutableArray<ScenarioVariant> variants) =>
        (Path, this.folder, this.root, Content, Variants) = (path, folder, root, content, variants);

    /// <summary>The file; of a point of a sweep also what it sets.</summary>
    public string Path { get; }

    /// <summary>What the file says.</summary>
    public ScenarioFile Content { get; }

    /// <summary>Each with its whole setting, the baseline first.</summary>
    public ImmutableArray<ScenarioVariant> Variants { get; }

    /// <summary>Everything that this scenario's result follows from but for the files that it names, on one line.</summary>
    internal string Canonical => root.ToJsonString(StrictJson.OneLine);

    /// <summary>The values that the file sweeps, by path; empty where it sweeps none.</summary>
    public ImmutableArray<KeyValuePair<string, ImmutableArray<JsonNode?>>> Swept =>
    [
        .. (Content.Sweep ?? ImmutableSortedDictionary<string, ImmutableArray<JsonElement>>.Empty).Select(list => KeyValuePair.Create(
            list.Key, (ImmutableArray<JsonNode?>)[.. list.Value.Select(value => JsonNode.Parse(value.GetRawText()))])),
    ];

    /// <summary>Reads a scenario and everything that it names; no trace stays open.</summary>
    /// <param name="path">The file.</param>
    /// <param name="seed">Replaces the file's seed; null to keep it.</param>
    /// <exception cref="InputException">It cannot be run; every fault is told.</exception>
    public static Scenario Read(string path, long? seed = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (File.Exists(path) && new FileInfo(path).Length is > MostBytes and var length)
            throw new InputException(path, "file", length, $"at most {MostBytes} bytes");
        var content = StrictJson.Read<ScenarioFile>(path, ScenarioFile.FormatName);
        var root = Parse(File.ReadAllText(path), path);
        if (seed is not null)
            root["seed"] = seed;
        return Resolve(
            root, path, System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!, content with { Seed = seed ?? content.Seed });
    }

    /// <summary>This scenario with other values at some paths, read and checked anew.</summary>
    /// <param name="values">By path, as in <see cref="ScenarioFile.Sweep"/>.</param>
    /// <exception cref="InputException">A path does not exist, or what comes out cannot be run.</exception>
    public Scenario With(IEnumerable<KeyValuePair<string, JsonNode?>> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        var changed = (JsonObject)root.DeepClone();
        changed.Remove("sweep");
        var label = Path;
        foreach (var (path, value) in values)
        {
            JsonPath.Set(changed, path, value, Path);
            label += $" {path}={value?.ToJsonString(StrictJson.OneLine) ?? "null"}";
        }
        return Resolve(changed, label, folder, StrictJson.Parse<ScenarioFile>(changed.ToJsonString(StrictJson.OneLine), label, ""));
    }

    private static Scenario Resolve(JsonObject root, string label, string folder, ScenarioFile content)
    {
        var reader = new ScenarioReader(root, content, label, folder);
        var variants = reader.Read();
        return new Scenario(label, folder, root, content, variants);
    }

    private static JsonObject Parse(string text, string path)
    {
        try
        {
            var root = (JsonObject)JsonNode.Parse(text, documentOptions: EachKeyOnce)!;
            // What cannot be written again shall not fail later.
            _ = root.ToJsonString(StrictJson.OneLine);
            return root;
        }
        catch (InvalidOperationException)
        {
            throw new InputException(path, "JSON", "half a surrogate pair", "text in Unicode");
        }
        catch (JsonException e)
        {
            throw new InputException(path, "JSON", e.Message.Split(" LineNumber: ")[0], "each key once");
        }
    }
}
