using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace MoEPlace.Service.Operations;

/// <summary>A log of one JSON object per line: when, how grave, what, and its values by name.</summary>
/// <param name="output">Where it goes; not disposed.</param>
/// <param name="time">The clock.</param>
internal sealed class JsonLines(TextWriter output, TimeProvider time) : ILoggerProvider
{
    private readonly Lock gate = new();

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => new Category(this, categoryName);

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private void Write(string category, LogLevel level, string? name, string message, object? state, Exception? exception)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes, new JsonWriterOptions { Encoder = StrictJson.OneLine.Encoder }))
        {
            json.WriteStartObject();
            json.WriteString("at", time.GetUtcNow());
            json.WriteString("level", level.ToString().ToLowerInvariant());
            json.WriteString("category", category);
            if (name is not null)
                json.WriteString("event", name);
            json.WriteString("message", message);
            foreach (var (key, value) in state as IEnumerable<KeyValuePair<string, object?>> ?? [])
                if (key != "{OriginalFormat}")
                    WriteValue(json, key, value);
            if (exception is not null)
                json.WriteString("error", exception.ToString());
            json.WriteEndObject();
        }
        var line = Encoding.UTF8.GetString(bytes.WrittenSpan);
        lock (gate)
        {
            output.WriteLine(line);
            output.Flush();
        }
    }

    private static void WriteValue(Utf8JsonWriter json, string key, object? value)
    {
        json.WritePropertyName(key);
        if (value is int or long)
            json.WriteNumberValue(Convert.ToInt64(value, null));
        else if (value is double number && double.IsFinite(number))
            json.WriteNumberValue(number);
        else
            json.WriteStringValue(value?.ToString());
    }

    private sealed class Category(JsonLines lines, string name) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Write(name, logLevel, eventId.Name, formatter(state, exception), state, exception);
    }
}
