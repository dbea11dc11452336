using System.Collections.Immutable;
using System.Text.Json;

namespace MoEPlace.Traces.Importers;

/// <summary>Reads the JSON files that tell how long the sequences of a recording are.</summary>
internal static class SequenceLists
{
    internal const int MostDomains = 256;

    /// <summary>A list of lengths.</summary>
    /// <exception cref="InputException">It is not one, or the lengths do not add up to <paramref name="tokens"/>.</exception>
    internal static ImmutableArray<SequenceRun> Lengths(string path, long tokens) =>
        JsonFile.Read(path, root => Lengths(List(root, path), path, tokens));

    private static ImmutableArray<SequenceRun> Lengths(JsonElement list, string path, long tokens)
    {
        var faults = new InputFaults(path);
        var runs = ImmutableArray.CreateBuilder<SequenceRun>();
        var sum = 0L;
        foreach (var item in list.EnumerateArray())
        {
            var length = Positive(item, faults, $"[{runs.Count}]");
            if (length == 0)
                break;
            runs.Add(new SequenceRun(length, 0));
            sum += length;
        }
        if (!faults.Any)
            faults.Require(sum == tokens, "sum", sum, $"{tokens}, the tokens of the ids");
        faults.ThrowIfAny();
        return runs.ToImmutable();
    }

    /// <summary>
    /// A list of <c>{dataset, category, n, offset}</c>: each entry a sequence of n tokens from row offset on, the data set its domain.
    /// </summary>
    /// <exception cref="InputException">It is not one, entries leave gaps or overlap, or they do not add up to <paramref name="tokens"/>.</exception>
    internal static (ImmutableArray<SequenceRun> Runs, ImmutableArray<string> Domains) Index(string path, long tokens) =>
        JsonFile.Read(path, root => Index(List(root, path), path, tokens));

    private static (ImmutableArray<SequenceRun> Runs, ImmutableArray<string> Domains) Index(JsonElement list, string path, long tokens)
    {
        var faults = new InputFaults(path);
        var runs = ImmutableArray.CreateBuilder<SequenceRun>();
        var domains = new List<string>();
        var sum = 0L;
        foreach (var item in list.EnumerateArray())
        {
            var field = $"[{runs.Count}]";
            if (!faults.Require(
                item.ValueKind == JsonValueKind.Object, field, item.ValueKind.ToString(), "an object of dataset, n and offset"))
                break;
            var n = Positive(Property(item, "n"), faults, field + ".n");
            var domain = Domain(Property(item, "dataset"), faults, field + ".dataset", domains);
            var offset = Property(item, "offset");
            var begins = offset.ValueKind == JsonValueKind.Number && offset.TryGetInt64(out var value) ? value : -1;
            faults.Require(begins == sum, field + ".offset", Show(offset), $"{sum}: sequences follow each other without gap or overlap");
            if (faults.Any)
                break;
            runs.Add(new SequenceRun(n, (byte)domain));
            sum += n;
        }
        if (!faults.Any)
            faults.Require(sum == tokens, "sum of n", sum, $"{tokens}, the tokens of the ids");
        faults.ThrowIfAny();
        return (runs.ToImmutable(), [.. domains]);
    }

    private static int Domain(JsonElement element, InputFaults faults, string field, List<string> domains)
    {
        if (!faults.Require(element.ValueKind == JsonValueKind.String, field, Show(element), "a string"))
            return 0;
        var name = element.GetString()!;
        var number = domains.IndexOf(name);
        if (number >= 0)
            return number;
        faults.Require(domains.Count < MostDomains, field, name, $"at most {MostDomains} data sets");
        domains.Add(name);
        return domains.Count - 1;
    }

    private static long Positive(JsonElement element, InputFaults faults, string field)
    {
        var valid = element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out var number) && number >= 1;
        return faults.Require(valid, field, Show(element), "a whole number of tokens, 1 or more") ? element.GetInt32() : 0;
    }

    private static JsonElement Property(JsonElement element, string key) => element.TryGetProperty(key, out var value) ? value : default;

    private static string? Show(JsonElement element) => element.ValueKind == JsonValueKind.Undefined ? null : element.GetRawText();

    private static JsonElement List(JsonElement root, string path) => root.ValueKind == JsonValueKind.Array
        ? root
        : throw new InputException(path, "$", root.ValueKind.ToString(), "a JSON list");
}
