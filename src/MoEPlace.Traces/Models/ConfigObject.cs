using System.Collections.Immutable;
using System.Text.Json;

namespace MoEPlace.Traces.Models;

/// <summary>One JSON object of a <c>config.json</c>, read key by key; what is missing or wrong is noted, not thrown.</summary>
/// <param name="element">The object.</param>
/// <param name="prefix">Its key path, ending in a point; empty at the root.</param>
/// <param name="faults">Where faults are noted.</param>
internal sealed class ConfigObject(JsonElement element, string prefix, InputFaults faults)
{
    internal InputFaults Faults => faults;

    internal bool Has(string key) => Find(key) is not null;

    /// <summary>A size of 1 to 16,777,216 that must be there.</summary>
    internal int Size(string key) => Integer(key, 1, null);

    /// <summary>A number of 0 to 16,777,216; <paramref name="absent"/> where the key is missing or null.</summary>
    internal int Number(string key, int absent) => Integer(key, 0, absent);

    internal int SizeOr(string key, int absent) => Integer(key, 1, absent);

    /// <summary>A finite number in a range; <paramref name="absent"/> where the key is missing or null.</summary>
    internal double Real(string key, double least, double most, double? absent)
    {
        if (Find(key) is not { } value)
        {
            if (absent is null)
                faults.Add(prefix + key, null, $"{least} to {most}");
            return absent ?? least;
        }
        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && number >= least && number <= most)
            return number;
        faults.Add(prefix + key, value.GetRawText(), $"{least} to {most}");
        return least;
    }

    internal bool Flag(string key, bool absent)
    {
        if (Find(key) is not { } value)
            return absent;
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
            return value.GetBoolean();
        faults.Add(prefix + key, value.GetRawText(), "true or false");
        return absent;
    }

    internal string? Text(string key)
    {
        if (Find(key) is not { } value)
            return null;
        if (value.ValueKind == JsonValueKind.String)
            return value.GetString();
        faults.Add(prefix + key, value.GetRawText(), "a string");
        return null;
    }

    internal ImmutableArray<int> Integers(string key)
    {
        if (Find(key) is not { } value)
            return [];
        var list = ImmutableArray.CreateBuilder<int>();
        if (value.ValueKind == JsonValueKind.Array)
            foreach (var item in value.EnumerateArray())
                if (item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out var number))
                    list.Add(number);
        if (value.ValueKind != JsonValueKind.Array || list.Count != value.GetArrayLength())
            faults.Add(prefix + key, value.GetRawText(), "a list of layer numbers");
        return list.ToImmutable();
    }

    internal ConfigObject? Object(string key)
    {
        if (Find(key) is not { } value)
            return null;
        if (value.ValueKind == JsonValueKind.Object)
            return new ConfigObject(value, $"{prefix}{key}.", faults);
        faults.Add(prefix + key, value.GetRawText(), "an object");
        return null;
    }

    internal void Refuse(string key, object? value, string allowed) => faults.Add(prefix + key, value, allowed);

    private int Integer(string key, int least, int? absent)
    {
        const int most = 1 << 24;
        if (Find(key) is not { } value)
        {
            if (absent is null)
                faults.Add(prefix + key, null, $"{least} to {most}");
            return absent ?? least;
        }
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= least && number <= most)
            return number;
        faults.Add(prefix + key, value.GetRawText(), $"{least} to {most}");
        return least;
    }

    private JsonElement? Find(string key) =>
        element.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
}
