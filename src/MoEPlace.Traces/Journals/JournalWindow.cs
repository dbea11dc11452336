using System.Runtime.InteropServices;

namespace MoEPlace.Traces.Journals;

/// <summary>The rows that are being put together from the frames of all ranks: those of a step, and complete ones that wait to be taken.</summary>
internal sealed class JournalWindow(JournalHeader header, long mostRows)
{
    private const int MostCells = 1 << 27;
    private readonly MoEModel model = header.Trace.Model;
    private readonly int width = header.Trace.Model.Layers * header.Trace.Model.TopK;
    private readonly int parts = header.Trace.Model.Layers + 1;
    private readonly int most = (int)Math.Min(mostRows, Math.Max(1, MostCells / ((long)header.Trace.Model.Layers * header.Trace.Model.TopK)));
    private ushort[] experts = [];
    private Half[] weights = [];
    private int[] sequence = [];
    private int[] position = [];
    private int[] step = [];
    private ushort[] home = [];
    private byte[] phase = [];
    private byte[] domain = [];
    private bool[] seen = [];
    private int[] parted = [];
    private int rows;
    private bool beyond;

    /// <summary>Ordinal of the first row.</summary>
    internal long First { get; private set; }

    /// <summary>Rows from the first on of which everything is there.</summary>
    internal int Complete { get; private set; }

    /// <summary>True when a row is begun and not complete.</summary>
    internal bool Incomplete => beyond || rows > Complete;

    /// <summary>What the first incomplete row lacks.</summary>
    internal string Lack => Complete >= rows || parted[Complete] == 0 ? "nothing recorded"
        : Array.IndexOf(seen, false, Complete * parts, parts) - Complete * parts is var part && part == model.Layers
            ? "nothing of what the token is" : $"no choices of layer {part}";

    /// <summary>[complete] the sequences of the complete rows.</summary>
    internal ReadOnlySpan<int> Sequences => sequence.AsSpan(0, Complete);

    /// <summary>Takes what a frame tells.</summary>
    /// <exception cref="InputException">It contradicts what is there, or a value is not allowed.</exception>
    internal void Add(JournalFile file)
    {
        var frame = file.Frame;
        var distances = MemoryMarshal.Cast<byte, int>(file.Content)[..frame.Count];
        var part = frame.Kind == JournalFrameKind.Tokens ? model.Layers : frame.Layer;
        for (var i = 0; i < frame.Count; i++)
        {
            var ordinal = frame.First + distances[i];
            if (ordinal - First >= most)
            {
                beyond = true;
                continue;
            }
            var row = (int)(ordinal - First);
            if (row >= 0)
                Reach(row);
            if (row < 0 || seen[row * parts + part])
                throw Bad(file, ordinal, "twice, or after a later step", "what a token is once, its choices of a layer once, step after step");
            seen[row * parts + part] = true;
            parted[row]++;
            if (part == model.Layers)
                TakeToken(file, i, row);
            else
                TakeChoices(file, i, row);
        }
        while (Complete < rows && parted[Complete] == parts)
            Complete++;
    }

    /// <summary>The first <paramref name="count"/> of the complete rows.</summary>
    internal TraceRows Take(int count)
    {
        var columns = header.Columns;
        return new TraceRows(
            experts[..(count * width)],
            sequence[..count],
            position[..count],
            columns.HasFlag(TraceColumns.GateWeights) ? weights[..(count * width)] : null,
            columns.HasFlag(TraceColumns.Step) ? step[..count] : null,
            columns.HasFlag(TraceColumns.Home) ? home[..count] : null,
            columns.HasFlag(TraceColumns.Phase) ? phase[..count] : null,
            columns.HasFlag(TraceColumns.Domain) ? domain[..count] : null);
    }

    /// <summary>Begins anew after the complete rows; only where nothing is incomplete.</summary>
    internal void Forget()
    {
        seen.AsSpan(0, rows * parts).Clear();
        parted.AsSpan(0, rows).Clear();
        (First, rows, Complete) = (First + Complete, 0, 0);
    }

    private void TakeToken(JournalFile file, int i, int row)
    {
        var content = file.Content;
        var count = file.Frame.Count;
        var at = count * sizeof(int);
        sequence[row] = Next<int>(content);
        position[row] = Next<int>(content);
        step[row] = file.Frame.Step;
        var (columns, ordinal) = (header.Columns, First + row);
        if (sequence[row] < 0 || position[row] < 0)
            throw Bad(file, ordinal, $"sequence {sequence[row]}, position {position[row]}", "0 or more");
        if ((columns & TraceColumns.Home) != 0 && (home[row] = Next<ushort>(content)) >= header.Ranks)
            throw Bad(file, ordinal, $"home {home[row]}", $"0 to {header.Ranks - 1}, the ranks of the journal");
        if ((columns & TraceColumns.Phase) != 0 && (phase[row] = Next<byte>(content)) > 1)
            throw Bad(file, ordinal, $"phase {phase[row]}", "0 prefill, 1 decode");
        var domains = Math.Max(1, header.Trace.Domains.Length);
        if ((columns & TraceColumns.Domain) != 0 && (domain[row] = Next<byte>(content)) >= domains)
            throw Bad(file, ordinal, $"domain {domain[row]}", $"0 to {domains - 1}, the domains of the journal");

        T Next<T>(ReadOnlySpan<byte> from)
            where T : unmanaged
        {
            var column = MemoryMarshal.Cast<byte, T>(from[at..]);
            at += count * Marshal.SizeOf<T>();
            return column[i];
        }
    }

    private void TakeChoices(JournalFile file, int i, int row)
    {
        var (frame, topK) = (file.Frame, model.TopK);
        var cell = row * width + frame.Layer * topK;
        var at = frame.Count * sizeof(int);
        var chosen = experts.AsSpan(cell, topK);
        MemoryMarshal.Cast<byte, ushort>(file.Content[at..]).Slice(i * topK, topK).CopyTo(chosen);
        foreach (var expert in chosen)
            if (expert >= model.Experts && expert != RoutingTrace.NoExpert)
                throw Bad(file, First + row, $"expert {expert} in layer {frame.Layer}", $"0 to {model.Experts - 1}, or {RoutingTrace.NoExpert} for none");
        if ((header.Columns & TraceColumns.GateWeights) == 0)
            return;
        at += frame.Count * topK * sizeof(ushort);
        var given = weights.AsSpan(cell, topK);
        MemoryMarshal.Cast<byte, Half>(file.Content[at..]).Slice(i * topK, topK).CopyTo(given);
        foreach (var weight in given)
            if (!Half.IsFinite(weight))
                throw Bad(file, First + row, $"weight {weight} in layer {frame.Layer}", "finite numbers");
    }

    /// <summary>Makes room for a row.</summary>
    private void Reach(int row)
    {
        rows = Math.Max(rows, row + 1);
        if (rows <= parted.Length)
            return;
        var size = (int)Math.Min(most, Math.Max(rows, 2L * parted.Length));
        Array.Resize(ref experts, size * width);
        Array.Resize(ref weights, header.Columns.HasFlag(TraceColumns.GateWeights) ? size * width : 0);
        Array.Resize(ref sequence, size);
        Array.Resize(ref position, size);
        Array.Resize(ref step, size);
        Array.Resize(ref home, size);
        Array.Resize(ref phase, size);
        Array.Resize(ref domain, size);
        Array.Resize(ref seen, size * parts);
        Array.Resize(ref parted, size);
    }

    private static InputException Bad(JournalFile file, long ordinal, string value, string allowed) =>
        new(file.Path, $"token {ordinal} (step {file.Frame.Step})", value, allowed);
}
