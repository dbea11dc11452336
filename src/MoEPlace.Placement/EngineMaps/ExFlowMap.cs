using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace MoEPlace.Placement.EngineMaps;

/// <summary>
/// ExFlow's solution: a CSV file with the header <c>Expert,Node</c>; Expert = MoE layer from 0 x experts + expert, Node = rank (in spite of
/// its name). Rows may stand in any order; experts take the slots of their rank in the order of the rows. No replicas.
/// </summary>
public static class ExFlowMap
{
    /// <summary>The name of the engine.</summary>
    public const string Engine = "exflow";

    private const string Header = "Expert,Node";

    /// <summary>Writes a placement, whole or not at all.</summary>
    /// <exception cref="InputException">It has replicas, the ranks do not divide the experts, or the path cannot be written.</exception>
    public static void Write(string path, ExpertPlacement placement)
    {
        ArgumentNullException.ThrowIfNull(placement);
        if (placement.HasReplicas)
            throw new InputException(path, "slots", "replicas", "one slot for each expert: this format has no place for a second");
        var text = new StringBuilder(Header).Append('\n');
        for (var layer = 0; layer < placement.Layers; layer++)
            for (var rank = 0; rank < placement.Ranks; rank++)
                foreach (var expert in placement.ExpertsOn(new LayerId(layer), new RankId(rank)))
                    text.Append(CultureInfo.InvariantCulture, $"{layer * placement.Experts + expert},{rank}\n");
        EngineMapCheck.Write(path, placement, Encoding.UTF8.GetBytes(text.ToString()), Parse);
    }

    /// <summary>Reads a solution.</summary>
    /// <exception cref="InputException">It breaks a rule of the format, or is no placement of this shape; every fault is told.</exception>
    public static ExpertPlacement Read(string path, EngineMapContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return Parse(EngineMapCheck.ReadFile(path), path, context);
    }

    internal static ExpertPlacement Parse(byte[] content, string file, EngineMapContext context)
    {
        var faults = new InputFaults(file);
        var lines = EngineMapCheck.Text(content, file).Split('\n');
        var rows = lines.Length - (lines[^1].Length == 0 ? 2 : 1);
        var all = context.Layers * context.Experts;
        faults.Require(lines[0].TrimEnd('\r') == Header, "line 1", lines[0].TrimEnd('\r'), $"\"{Header}\"");
        faults.Require(context.Experts % context.Ranks == 0, "ranks", context.Ranks,
            $"a divisor of the {context.Experts} experts: the solver gives every rank equally many");
        faults.Require(rows == all, "rows", rows, $"{all}: {context.Layers} layers x {context.Experts} experts");
        faults.ThrowIfAny();
        var lineOf = new int[all];
        var slots = new List<int>[context.Layers * context.Ranks];
        for (var i = 0; i < slots.Length; i++)
            slots[i] = [];
        for (var line = 2; line <= rows + 1; line++)
        {
            if (ParseRow(lines[line - 1].AsSpan().TrimEnd('\r'), faults, line, all, context.Ranks) is not var (id, rank))
                continue;
            if (lineOf[id] > 0)
                faults.Add($"line {line} Expert", id, $"each expert once; line {lineOf[id]} has it already");
            lineOf[id] = line;
            slots[id / context.Experts * context.Ranks + rank].Add(id % context.Experts);
        }
        faults.ThrowIfAny();
        var layers = slots.Select(rank => rank.ToImmutableArray()).Chunk(context.Ranks).Select(layer => layer.ToImmutableArray());
        return EngineMapCheck.Placement(Engine, [.. layers], context);
    }

    private static (int Id, int Rank)? ParseRow(ReadOnlySpan<char> row, InputFaults faults, int line, int all, int ranks)
    {
        var comma = row.IndexOf(',');
        if (comma < 0)
        {
            faults.Add($"line {line}", row.ToString(), "two whole numbers, Expert,Node");
            return null;
        }
        var id = Number(row[..comma], "Expert", all, "layer x experts + expert");
        var rank = Number(row[(comma + 1)..], "Node", ranks, "the rank");
        return id < 0 || rank < 0 ? null : (id, rank);

        int Number(ReadOnlySpan<char> text, string column, int count, string what)
        {
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value < count)
                return value;
            faults.Add($"line {line} {column}", text.ToString(), $"0 to {count - 1}: {what}");
            return -1;
        }
    }
}
