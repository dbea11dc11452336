using System.Text.Json;

namespace MoEPlace.Placement.EngineMaps;

/// <summary>Engines' JSON, read value by value so that every fault is named and all are told.</summary>
internal static class EngineJson
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 16 };

    /// <summary>Parses one JSON value.</summary>
    /// <param name="content">The bytes.</param>
    /// <param name="file">The file.</param>
    /// <param name="field">What the value is called in messages.</param>
    /// <exception cref="InputException">It is not JSON, or an object has one key twice.</exception>
    internal static JsonDocument Parse(ReadOnlyMemory<byte> content, string file, string field = "$")
    {
        try
        {
            return JsonDocument.Parse(content, Strict);
        }
        catch (JsonException e)
        {
            var where = e.LineNumber is { } line ? $"line {line + 1}, column {e.BytePositionInLine + 1}" : "(whole value)";
            throw new InputException(file, field, where, $"JSON: {e.Message}");
        }
        catch (InvalidOperationException e)
        {
            // Text that is not Unicode comes to light only when a key is decoded.
            throw new InputException(file, field, "a key", $"JSON: {e.Message}");
        }
    }

    /// <summary>
    /// Notes a value that is not an object with all required keys and no others than these and the optional ones; true when the required
    /// keys are there.
    /// </summary>
    internal static bool CheckKeys(JsonElement value, InputFaults faults, string field, string[] required, string[] optional)
    {
        if (!faults.Require(value.ValueKind == JsonValueKind.Object, field, value.ValueKind,
            $"an object with the keys {string.Join(", ", required)}"))
            return false;
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var property in value.EnumerateObject())
        {
            var name = Name(property);
            names.Add(name);
            if (!required.Contains(name) && !optional.Contains(name))
                faults.Add(field, name, $"no other keys than {string.Join(", ", required.Concat(optional))}");
        }
        foreach (var key in required)
            faults.Require(names.Contains(key), $"{field}.{key}", null, "a value: the key is required");
        return names.IsSupersetOf(required);
    }

    /// <summary>The key, or a stand-in where it is not Unicode.</summary>
    internal static string Name(JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException)
        {
            return "(not Unicode)";
        }
    }

    /// <summary>The text of a value, or null when it is not text.</summary>
    internal static string? String(JsonElement value)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>A whole number of 32 bits, or null after a fault.</summary>
    internal static int? Integer(JsonElement value, InputFaults faults, string field, string allowed)
    {
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number))
            return number;
        faults.Add(field, value.ValueKind == JsonValueKind.Number ? value.GetRawText() : value.ValueKind, allowed);
        return null;
    }

    /// <summary>The entries of a list, or null after a fault.</summary>
    internal static JsonElement[]? List(JsonElement value, InputFaults faults, string field)
    {
        if (!faults.Require(value.ValueKind == JsonValueKind.Array, field, value.ValueKind, "a list"))
            return null;
        return [.. value.EnumerateArray()];
    }

    /// <summary>A list of whole numbers, or null after a fault.</summary>
    internal static int[]? Integers(JsonElement value, InputFaults faults, string field)
    {
        if (!faults.Require(value.ValueKind == JsonValueKind.Array, field, value.ValueKind, "a list of experts"))
            return null;
        var numbers = new int[value.GetArrayLength()];
        var (at, good) = (0, true);
        foreach (var entry in value.EnumerateArray())
        {
            if (entry.ValueKind == JsonValueKind.Number && entry.TryGetInt32(out var number))
                numbers[at] = number;
            else
                good = Integer(entry, faults, $"{field}[{at}]", "the number of an expert") is not null;
            at++;
        }
        return good ? numbers : null;
    }

    /// <summary>Writes a list of whole numbers under the key that was written, or as the next entry.</summary>
    internal static void WriteIntegers(Utf8JsonWriter writer, ReadOnlySpan<int> numbers)
    {
        writer.WriteStartArray();
        foreach (var number in numbers)
            writer.WriteNumberValue(number);
        writer.WriteEndArray();
    }

    /// <summary>The bytes of one JSON value, with a line break at the end.</summary>
    internal static byte[] Bytes(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
            write(writer);
        stream.WriteByte((byte)'\n');
        return stream.ToArray();
    }
}
