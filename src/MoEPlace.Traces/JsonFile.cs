using System.Text.Json;

namespace MoEPlace.Traces;

/// <summary>JSON files of others: unknown keys are theirs, but a key that stands twice is a fault.</summary>
internal static class JsonFile
{
    internal static JsonDocumentOptions Options { get; } = new() { AllowDuplicateProperties = false };

    /// <summary>Reads a whole file.</summary>
    /// <exception cref="InputException">It cannot be read, is not JSON, or holds text that is not Unicode.</exception>
    internal static T Read<T>(string path, Func<JsonElement, T> read)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new InputException(path, "file", e.Message, "a file that can be read");
        }
        return Parse(bytes, path, read);
    }

    /// <summary>Reads JSON text.</summary>
    /// <exception cref="InputException">It is not JSON, or holds text that is not Unicode.</exception>
    internal static T Parse<T>(ReadOnlyMemory<byte> json, string file, Func<JsonElement, T> read)
    {
        try
        {
            using var document = JsonDocument.Parse(json, Options);
            return read(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // A string with half a surrogate pair is JSON, but taking it out is an invalid operation.
            throw new InputException(file, "JSON", e.Message, "JSON in Unicode, each key once");
        }
    }
}
