using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace MoEPlace;

/// <summary>
/// Compares JSON with the type that it is to become, so that every unknown key, missing key and wrong kind of value is told at once, by
/// its path and in words for people.
/// </summary>
internal static class JsonShape
{
    private const int LongestKey = 60;

    /// <summary>Notes whatever keeps <paramref name="value"/> from being a <paramref name="type"/>.</summary>
    /// <param name="faults">Where to note it.</param>
    /// <param name="path">The key path of the value; empty at the root.</param>
    /// <param name="value">What the file holds.</param>
    /// <param name="type">What it shall become.</param>
    /// <param name="nullable">Whether null will do.</param>
    public static void Check(InputFaults faults, string path, JsonElement value, Type type, bool nullable = false)
    {
        var bare = Nullable.GetUnderlyingType(type) ?? type;
        if (value.ValueKind == JsonValueKind.Null && (nullable || bare != type))
            return;
        var info = StrictJson.Options.GetTypeInfo(bare);
        if (!Fits(value, info))
            faults.Add(path.Length == 0 ? "$" : path, new JsonText(value), Words(info));
        else if (info.Kind == JsonTypeInfoKind.Object)
            CheckKeys(faults, path, value, info);
        else if (info.Kind == JsonTypeInfoKind.Enumerable)
            foreach (var (i, item) in value.EnumerateArray().Index())
                Check(faults, $"{path}[{i}]", item, info.ElementType!);
        else if (info.Kind == JsonTypeInfoKind.Dictionary)
            foreach (var entry in value.EnumerateObject())
                Check(faults, Join(path, entry.Name), entry.Value, info.ElementType!);
    }

    private static void CheckKeys(InputFaults faults, string path, JsonElement value, JsonTypeInfo info)
    {
        // A value that follows from the others may stand there, as older files have it; it is not read.
        var derived = info.Properties.Where(p => p is { AssociatedParameter: null, Set: null })
            .Select(p => p.Name).ToHashSet(StringComparer.Ordinal);
        var keys = info.Properties.Where(p => !derived.Contains(p.Name)).ToDictionary(p => p.Name, StringComparer.Ordinal);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in value.EnumerateObject())
        {
            var at = Join(path, entry.Name);
            if (derived.Contains(entry.Name))
                continue;
            if (!keys.TryGetValue(entry.Name, out var key))
                faults.Add(at, new JsonText(entry.Value), $"the keys {string.Join(", ", keys.Keys)}");
            else if (!seen.Add(entry.Name))
                faults.Add(at, new JsonText(entry.Value), "each key once");
            else
                Check(faults, at, entry.Value, key.PropertyType, key.AssociatedParameter?.IsNullable ?? key.IsSetNullable);
        }
        foreach (var (name, key) in keys)
        {
            var type = Nullable.GetUnderlyingType(key.PropertyType) ?? key.PropertyType;
            var optional = key.AssociatedParameter?.HasDefaultValue ?? !key.IsRequired;
            if (!optional && !seen.Contains(name))
                faults.Add(Join(path, name), null, Words(StrictJson.Options.GetTypeInfo(type)));
        }
    }

    private static bool Fits(JsonElement value, JsonTypeInfo info) => info switch
    {
        { Kind: JsonTypeInfoKind.Object or JsonTypeInfoKind.Dictionary } => value.ValueKind == JsonValueKind.Object,
        { Kind: JsonTypeInfoKind.Enumerable } => value.ValueKind == JsonValueKind.Array,
        { Type.IsEnum: true } => value.ValueKind == JsonValueKind.String && Names(info.Type).Contains(value.GetString()),
        _ when info.Type == typeof(string) => value.ValueKind == JsonValueKind.String,
        _ when info.Type == typeof(bool) => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        _ when info.Type == typeof(int) => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out _),
        _ when info.Type == typeof(long) => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
        _ when info.Type == typeof(double) => value.ValueKind == JsonValueKind.Number,
        _ => true,
    };

    private static string Words(JsonTypeInfo info) => info switch
    {
        { Kind: JsonTypeInfoKind.Object } => "an object",
        { Kind: JsonTypeInfoKind.Dictionary } => "an object of names and values",
        { Kind: JsonTypeInfoKind.Enumerable } => "a list",
        { Type.IsEnum: true } => string.Join(" or ", Names(info.Type)),
        _ when info.Type == typeof(string) => "a text",
        _ when info.Type == typeof(bool) => "true or false",
        _ when info.Type == typeof(int) => "a whole number of 32 bits",
        _ when info.Type == typeof(long) => "a whole number of 64 bits",
        _ => "a number",
    };

    private static IEnumerable<string> Names(Type type) => Enum.GetNames(type).Select(JsonNamingPolicy.KebabCaseLower.ConvertName);

    /// <summary>A key that is no plain word stands as JSON writes it, and not at length.</summary>
    private static string Join(string path, string key)
    {
        var plain = key.Length is > 0 and <= LongestKey && key.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');
        var shown = plain ? key : JsonSerializer.Serialize(key.Length <= LongestKey ? key : key[..LongestKey] + "…");
        return path.Length == 0 ? shown : $"{path}.{shown}";
    }

    /// <summary>A value as it stands in its file, strings in their quotes.</summary>
    private sealed class JsonText(JsonElement value)
    {
        public override string ToString() => value.GetRawText();
    }
}
