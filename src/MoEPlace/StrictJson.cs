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
    /// <param name="path">The file.</param>
    /// <param name="format">What its key <c>format</c> must say, told before anything else; null where it has none.</param>
    /// <exception cref="InputException">
    /// The file is missing, is not JSON, is of another format or version, or does not have exactly the keys of <typeparamref name="T"/>.
    /// </exception>
    public static T Read<T>(string path, string? format = null)
        where T : class
    {
        try
        {
            return Parse<T>(File.ReadAllBytes(path), path, "", format);
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
        where T : class => Parse<T>(System.Text.Encoding.UTF8.GetBytes(text), file, field, null);

    /// <summary>Reads a value out of text that came another way than as a file.</summary>
    /// <param name="json">The JSON text in UTF-8.</param>
    /// <param name="source">What it is called in the faults.</param>
    /// <exception cref="InputException">The text is not JSON or does not have exactly the keys of <typeparamref name="T"/>.</exception>
    public static T Parse<T>(byte[] json, string source)
        where T : class => Parse<T>(json, source, "", null);

    private static T Parse<T>(byte[] json, string file, string field, string? format)
        where T : class
    {
        try
        {
            // Streams, because they pass over a byte order mark.
            using var document = JsonDocument.Parse(new MemoryStream(json));
            var root = document.RootElement;
            var faults = new InputFaults(file);
            if (format is not null && root.ValueKind == JsonValueKind.Object && root.TryGetProperty("format", out var told)
                && told.ValueKind == JsonValueKind.String && told.GetString() != format)
                throw new InputException(file, "format", told.GetString(), $"\"{format}\"");
            JsonShape.Check(faults, field, root, typeof(T));
            faults.ThrowIfAny();
            return JsonSerializer.Deserialize<T>(new MemoryStream(json), Options)!;
        }
        catch (JsonException e)
        {
            var where = e.LineNumber is { } line ? $"line {line + 1}, column {e.BytePositionInLine + 1}" : "(whole file)";
            var why = e.Message.Split(" LineNumber: ")[0].Split(" Path: ")[0];
            throw new InputException(file, field.Length > 0 ? field : "JSON", where, why);
        }
        catch (InvalidOperationException)
        {
            // A string with half a surrogate pair is JSON, but taking it out is an invalid operation.
            throw new InputException(file, field.Length > 0 ? field : "JSON", "half a surrogate pair", "text in Unicode");
        }
    }

    private static JsonSerializerOptions Make(bool indented)
    {
        var options = new JsonSerializerOptions(JsonSerializerOptions.Strict)
        {
            PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
            DictionaryKeyPolicy = null,
            WriteIndented = indented,
            IgnoreReadOnlyProperties = true,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            NumberHandling = JsonNumberHandling.Strict,
            Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false) },
        };
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }
}
