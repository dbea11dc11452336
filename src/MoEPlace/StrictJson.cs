using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MoEPlace;

/// <summary>JSON as our own files use it: camelCase, an unknown or a missing key is an error, numbers are numbers.</summary>
public static class StrictJson
{
    /// <summary>How our own files are read and written: one key per line.</summary>
    public static JsonSerializerOptions Options { get; } = Make(indented: true);

    /// <summary>The same on one line, for <c>--json</c> and embedded values.</summary>
    public static JsonSerializerOptions OneLine { get; } = Make(indented: false);

    /// <summary>Reads a whole file.</summary>
    /// <exception cref="InputException">The file is missing, is not JSON, or does not have exactly the keys of <typeparamref name="T"/>.</exception>
    public static T Read<T>(string path)
        where T : class
    {
        try
        {
            using var stream = File.OpenRead(path);
            return JsonSerializer.Deserialize<T>(stream, Options)
                ?? throw new InputException(path, "$", "null", "one JSON object");
        }
        catch (JsonException e)
        {
            throw new InputException(path, e.Path ?? "$", Where(e), Explain(e));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new InputException(path, "file", e.Message, "a file that can be read");
        }
    }

    /// <summary>Reads a value out of text, for example out of a metadata string.</summary>
    /// <param name="text">The JSON text.</param>
    /// <param name="file">The file that it came from.</param>
    /// <param name="field">The field that it stood in.</param>
    /// <exception cref="InputException">The text is not JSON or does not have exactly the keys of <typeparamref name="T"/>.</exception>
    public static T Parse<T>(string text, string file, string field)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(text, Options) ?? throw new InputException(file, field, "null", "a JSON value");
        }
        catch (JsonException e)
        {
            throw new InputException(file, $"{field} {e.Path ?? "$"}", Where(e), Explain(e));
        }
    }

    private static string Where(JsonException e) =>
        e.LineNumber is { } line ? $"line {line + 1}, column {e.BytePositionInLine + 1}" : "(whole file)";

    private static string Explain(JsonException e) => e.Message.Split(" Path: ")[0];

    private static JsonSerializerOptions Make(bool indented) => new(JsonSerializerOptions.Strict)
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DictionaryKeyPolicy = null,
        WriteIndented = indented,
        IgnoreReadOnlyProperties = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        NumberHandling = JsonNumberHandling.Strict,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false) },
    };
}
