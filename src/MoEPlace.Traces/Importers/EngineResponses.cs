using System.Text;
using System.Text.Json;

namespace MoEPlace.Traces.Importers;

/// <summary>
/// Takes base64 payloads out of stored responses: one JSON response, a JSON list of them, or one per line (<c>.jsonl</c>).
/// </summary>
internal static class EngineResponses
{
    /// <summary>The payloads of a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="keys">Key paths at which a response or one of its choices may hold the payload, for example
    /// <c>meta_info.routed_experts</c>.</param>
    /// <returns>Each payload with its name in faults.</returns>
    /// <exception cref="InputException">The file is not JSON, or a response has no payload.</exception>
    internal static IEnumerable<(string Name, byte[] Payload)> Read(string path, params string[] keys)
    {
        if (!path.EndsWith(".jsonl", StringComparison.OrdinalIgnoreCase))
            return JsonFile.Read(path, root => Take(root, path, "", keys));
        return Lines(path, keys);
    }

    private static IEnumerable<(string Name, byte[] Payload)> Lines(string path, string[] keys)
    {
        using var lines = Open(path);
        for (var number = 1; lines.ReadLine() is { } line; number++)
        {
            if (line.Length == 0)
                continue;
            var at = $"line {number} ";
            foreach (var payload in JsonFile.Parse(Encoding.UTF8.GetBytes(line), $"{path}: line {number}",
                root => Take(root, path, at, keys)))
                yield return payload;
        }
    }

    /// <summary>Opens a text file.</summary>
    /// <exception cref="InputException">It cannot be read.</exception>
    internal static StreamReader Open(string path)
    {
        try
        {
            return new StreamReader(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new InputException(path, "file", e.Message, "a file that can be read");
        }
    }

    private static List<(string Name, byte[] Payload)> Take(JsonElement root, string path, string where, string[] keys)
    {
        var found = new List<(string, byte[])>();
        if (root.ValueKind != JsonValueKind.Array)
        {
            Response(root, path, where, keys, found);
            return found;
        }
        var number = 0;
        foreach (var response in root.EnumerateArray())
            Response(response, path, $"{where}[{number++}].", keys, found);
        return found;
    }

    private static void Response(JsonElement response, string path, string where, string[] keys, List<(string Name, byte[] Payload)> found)
    {
        var before = found.Count;
        Payload(response, path, where, keys, found);
        if (response.ValueKind == JsonValueKind.Object && response.TryGetProperty("choices", out var choices)
            && choices.ValueKind == JsonValueKind.Array)
        {
            var number = 0;
            foreach (var choice in choices.EnumerateArray())
                Payload(choice, path, $"{where}choices[{number++}].", keys, found);
        }
        if (found.Count == before)
            throw new InputException(
                path, where + keys[0], null, $"a base64 string at {string.Join(" or ", keys)} of the response or its choices: was the engine started with --enable-return-routed-experts?");
    }

    private static void Payload(JsonElement element, string path, string where, string[] keys, List<(string Name, byte[] Payload)> found)
    {
        foreach (var key in keys)
        {
            var value = element;
            foreach (var part in key.Split('.'))
                value = value.ValueKind == JsonValueKind.Object && value.TryGetProperty(part, out var inner) ? inner : default;
            if (value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null)
                continue;
            if (value.ValueKind != JsonValueKind.String || !value.TryGetBytesFromBase64(out var payload))
                throw new InputException(path, where + key, value.GetRawText(), "a base64 string");
            found.Add(($"{path}: {where}{key}", payload));
            return;
        }
    }
}
