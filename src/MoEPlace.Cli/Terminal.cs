using System.Text.Json;
using System.Text.Json.Nodes;
using MoEPlace.Traces.Importers;
using Spectre.Console;

namespace MoEPlace.Cli;

/// <summary>Where results (standard output) and everything else (standard error) go.</summary>
/// <param name="output">Results.</param>
/// <param name="error">Progress and diagnostics.</param>
internal sealed class Terminal(TextWriter output, TextWriter error)
{
    private const int WidthOfFiles = 160;
    private const int NarrowestTable = 80;

    /// <summary>Characters in a line of the terminal.</summary>
    public static int Columns => Console.WindowWidth is > 0 and var width ? width : NarrowestTable;

    /// <summary>Progress and diagnostics.</summary>
    public TextWriter ErrorWriter { get; } = error;

    /// <summary>A line of the result.</summary>
    public void Line(string text = "") => output.WriteLine(Harmless(text));

    /// <summary>A diagnostic line.</summary>
    public void Error(string text) => ErrorWriter.WriteLine(Harmless(text));

    /// <summary>The result as one JSON object.</summary>
    public void Json(JsonNode node) => output.WriteLine(node.ToJsonString(StrictJson.Options));

    /// <summary>The result as one JSON object.</summary>
    public void Json<T>(T value) => output.WriteLine(JsonSerializer.Serialize(value, StrictJson.Options));

    /// <summary>What an import wrote.</summary>
    public void Imported(ImportResult result)
    {
        foreach (var note in result.Notes)
            Error($"note: {note}");
        var size = result.Tokens > 0
            ? $"{MeasureTable.Count(result.Tokens)} tokens in {MeasureTable.Count(result.Sequences)} sequences"
            : $"{MeasureTable.Count(result.Windows)} windows of load";
        var model = result.Model;
        Line($"{result.Path}: {model.Name}, {size}, {model.Layers} layers x {model.Experts} experts, top-{model.TopK}");
    }

    /// <summary>Facts for people: a name and what it is, both to the left.</summary>
    public void Facts(string title, string subtitle, IEnumerable<IReadOnlyList<string>> facts) =>
        Write([title, subtitle], facts, Justify.Left);

    /// <summary>A table for people: the first column to the left, the others to the right.</summary>
    public void Table(IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string>> rows) => Write(columns, rows, Justify.Right);

    /// <summary>Names come from files of others: control characters of theirs must not reach a terminal.</summary>
    private static string Harmless(string text) =>
        text.Any(char.IsControl) ? string.Concat(text.Select(c => char.IsControl(c) && c != '\n' ? '\ufffd' : c)) : text;

    private void Write(IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string>> rows, Justify others)
    {
        var table = new Table { Border = TableBorder.Simple };
        for (var i = 0; i < columns.Count; i++)
        {
            // Numbers and their headings stay whole; what is too long for the line is the name, and that breaks between words.
            var column = new TableColumn(new Text(Harmless(columns[i])))
            {
                Alignment = i == 0 ? Justify.Left : others,
                NoWrap = i > 0 && others == Justify.Right,
                Padding = new Padding(i == 0 ? 1 : 0, 0, 1, 0),
            };
            table.AddColumn(column);
        }
        foreach (var row in rows)
            table.AddRow(row.Select(cell => new Text(Harmless(cell))));
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Out = new AnsiConsoleOutput(output),
        });
        console.Profile.Width = output != Console.Out || Console.IsOutputRedirected ? WidthOfFiles : Math.Max(NarrowestTable, Columns);
        console.Write(table);
    }
}
