using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace MoEPlace.Placement.EngineMaps;

/// <summary>
/// Reads the little of YAML that an engine's file needs, event by event: mappings, lists and whole numbers; no anchors, tags or quotes.
/// What breaks the structure ends the reading, together with the faults found so far.
/// </summary>
internal sealed class EngineYaml
{
    private readonly Parser parser;
    private readonly InputFaults faults;
    private readonly long mostEntries;
    private long entries;

    /// <summary>Starts at the one document of a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="mostEntries">List entries that the file may have; more end the reading, which takes microseconds for each.</param>
    /// <param name="faults">Where to note what is wrong.</param>
    internal EngineYaml(string text, long mostEntries, InputFaults faults)
    {
        this.faults = faults;
        this.mostEntries = mostEntries;
        parser = new Parser(new StringReader(text));
        Advance();
        Expect<StreamStart>("file", "a YAML document");
        Expect<DocumentStart>("file", "a YAML document");
    }

    /// <summary>Enters a mapping.</summary>
    internal void BeginMapping(string field, string allowed)
    {
        CheckPlain(field);
        Expect<MappingStart>(field, allowed);
    }

    /// <summary>The next key of the mapping, or null at its end.</summary>
    internal string? NextKey(string field)
    {
        if (parser.Current is MappingEnd)
        {
            Advance();
            return null;
        }
        return Plain(field, "a key");
    }

    /// <summary>A whole number as the next value, or null after a fault.</summary>
    internal int? Integer(string field, string allowed)
    {
        var text = Plain(field, allowed);
        if (TryNumber(text, out var number))
            return number;
        faults.Add(field, text, allowed);
        return null;
    }

    /// <summary>A list of whole numbers as the next value, or null after a fault.</summary>
    internal int[]? Integers(string field)
    {
        CheckPlain(field);
        Expect<SequenceStart>(field, "a list of experts");
        var numbers = new List<int>();
        var good = true;
        for (var at = 0; parser.Current is not SequenceEnd; at++)
        {
            if (++entries > mostEntries)
                Break($"{field}[{at}]", $"at most {mostEntries} entries in the file: layers x experts x ranks");
            if (parser.Current is Scalar { Style: ScalarStyle.Plain } scalar && TryNumber(scalar.Value, out var number))
            {
                CheckPlain(field);
                numbers.Add(number);
                Advance();
                continue;
            }
            good &= Integer($"{field}[{at}]", "the number of an expert") is not null;
        }
        Advance();
        return good ? [.. numbers] : null;
    }

    /// <summary>Passes over one plain value.</summary>
    internal void Skip(string field) => Plain(field, "a plain value");

    /// <summary>Checks that nothing follows the document.</summary>
    internal void End()
    {
        Expect<DocumentEnd>("file", "the end of the one document");
        if (parser.Current is not StreamEnd)
            Break("file", "one document");
    }

    /// <summary>A whole number as YAML 1.1 and 1.2 read alike: no sign, no leading zero, no underscore.</summary>
    internal static bool TryNumber(string text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && (text.Length == 1 || text[0] != '0');

    private string Plain(string field, string allowed)
    {
        CheckPlain(field);
        if (parser.Current is not Scalar { Style: ScalarStyle.Plain } scalar)
        {
            Break(field, allowed);
            return "";
        }
        Advance();
        return scalar.Value;
    }

    private void CheckPlain(string field)
    {
        if (parser.Current is AnchorAlias || parser.Current is NodeEvent node && !(node.Anchor.IsEmpty && node.Tag.IsEmpty))
            Break(field, "a value without anchor, alias or tag");
    }

    private void Expect<T>(string field, string allowed)
        where T : ParsingEvent
    {
        if (parser.Current is not T)
            Break(field, allowed);
        Advance();
    }

    private void Advance()
    {
        try
        {
            parser.MoveNext();
        }
        catch (YamlException e)
        {
            faults.Add($"line {e.Start.Line}, column {e.Start.Column}", "not YAML", $"YAML: {e.Message}");
            faults.ThrowIfAny();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // The scanner answers some malformed text, such as "[1, 2 - 3" or a tag that is no URI, with exceptions of other kinds.
            faults.Add($"after line {parser.Current?.End.Line ?? 0}", "not YAML", $"YAML: {e.Message}");
            faults.ThrowIfAny();
        }
    }

    private void Break(string field, string allowed)
    {
        var found = parser.Current is Scalar scalar ? $"\"{scalar.Value}\"" : parser.Current?.GetType().Name ?? "end";
        faults.Add($"{field} (line {parser.Current?.Start.Line ?? 0})", found, allowed);
        faults.ThrowIfAny();
    }
}
