using System.Text.Json;

namespace MoEPlace.Placement.Solvers;

/// <summary>A program and its limits as the JSON that <c>highs.mjs</c> reads; numbers in their shortest form that reads back the same.</summary>
internal static class HighsRequest
{
    /// <summary>What stands for infinity in JSON.</summary>
    private const double Infinite = 1e30;

    /// <summary>Writes the request.</summary>
    internal static void Write(Stream stream, IntegerProgram program, IntegerSolverOptions options)
    {
        using var json = new Utf8JsonWriter(stream);
        json.WriteStartObject();
        json.WriteStartObject("options");
        json.WriteNumber("timeLimitSeconds", options.TimeLimit.TotalSeconds);
        json.WriteNumber("nodeLimit", options.NodeLimit);
        json.WriteNumber("relativeGap", options.RelativeGap);
        Numbers(json, "start", options.Start.Span);
        json.WriteEndObject();
        json.WriteStartObject("program");
        Numbers(json, "objective", program.Objective);
        Numbers(json, "columnLower", program.ColumnLower);
        Numbers(json, "columnUpper", program.ColumnUpper);
        json.WriteStartArray("isInteger");
        foreach (var integer in program.IsInteger)
            json.WriteNumberValue(integer ? 1 : 0);
        json.WriteEndArray();
        Numbers(json, "rowLower", program.RowLower);
        Numbers(json, "rowUpper", program.RowUpper);
        Numbers(json, "rowStart", program.RowStart);
        Numbers(json, "indices", program.Indices);
        Numbers(json, "coefficients", program.Coefficients);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Numbers(Utf8JsonWriter json, string name, ReadOnlySpan<double> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
            json.WriteNumberValue(Math.Clamp(value, -Infinite, Infinite));
        Close(json);
    }

    private static void Numbers(Utf8JsonWriter json, string name, ReadOnlySpan<int> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
            json.WriteNumberValue(value);
        Close(json);
    }

    private static void Close(Utf8JsonWriter json)
    {
        json.WriteEndArray();
        json.Flush();
    }
}
