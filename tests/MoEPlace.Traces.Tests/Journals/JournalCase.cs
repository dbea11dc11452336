using MoEPlace.Traces.Journals;

namespace MoEPlace.Traces.Tests.Journals;

/// <summary>
/// A random run: any number of ranks, layers, experts and choices; the gates of a token run on its home rank or, layer by layer, on any.
/// It knows what every rank had written by which byte.
/// </summary>
internal sealed class JournalCase
{
    private readonly SeedStream random;
    private readonly bool coherent;

    internal JournalCase(long seed, int index)
    {
        random = new SeedStream(seed, "journal", index);
        int[] sizes = [1, 2, 5, 64, 255, 256, 300];
        var layers = 1 + random.Next(5);
        var experts = sizes[random.Next(sizes.Length)];
        var topK = 1 + random.Next(Math.Min(experts, 6));
        coherent = random.Next(2) == 0;
        Ranks = 1 + random.Next(5);
        Columns = (TraceColumns)random.Next(32);
        var model = new MoEModel("run", layers, [.. Enumerable.Range(0, layers)], experts, topK);
        var order = random.Next(2) == 0 ? ChoiceOrder.ByWeight : ChoiceOrder.Unordered;
        Header = new JournalHeader(new TraceHeader(model, TraceOrigin.Measured, "a run", "MIT", order, ["a", "b"]), Ranks, Columns);
        StepTokens = [.. Enumerable.Range(0, 1 + random.Next(8)).Select(_ => 1 + random.Next(random.Next(3) == 0 ? 30 : 4))];
        Truth = MakeRows();
    }

    internal int Ranks { get; }

    internal TraceColumns Columns { get; }

    internal JournalHeader Header { get; }

    /// <summary>Tokens of each step.</summary>
    internal int[] StepTokens { get; }

    /// <summary>What was run.</summary>
    internal TraceRows Truth { get; }

    /// <summary>What stood in a rank's file by which byte: the tokens, and the layer of their choices (layers: what they are).</summary>
    internal List<(int Rank, long End, long[] Ordinals, int Part)> Log { get; } = [];

    /// <summary>Writes the journal.</summary>
    internal string Write(string folder)
    {
        RoutingJournal.Create(folder, Header);
        var journals = Enumerable.Range(0, Ranks).Select(rank => new RoutingJournal(folder, rank)).ToArray();
        var first = 0L;
        for (var step = 0; step < StepTokens.Length; first += StepTokens[step++])
            WriteStep(folder, journals, step, first);
        foreach (var journal in journals)
        {
            journal.Complete();
            journal.Dispose();
        }
        return folder;
    }

    /// <summary>Rows that are complete, as all before them, when files were cut off: told from the log alone.</summary>
    internal int RowsLeft(long[] cuts)
    {
        var parts = new HashSet<(long, int)>();
        foreach (var (rank, end, ordinals, part) in Log)
            if (end <= cuts[rank])
                parts.UnionWith(ordinals.Select(o => (o, part)));
        var layers = Header.Trace.Model.Layers;
        return Enumerable.Range(0, Truth.Count).TakeWhile(row => Enumerable.Range(0, layers + 1).All(part => parts.Contains((row, part)))).Count();
    }

    private void WriteStep(string folder, RoutingJournal[] journals, int step, long first)
    {
        var ordinals = Enumerable.Range(0, StepTokens[step]).Select(i => first + i).ToArray();
        var layers = Header.Trace.Model.Layers;
        var written = new List<(int Rank, int Part, long[] Ordinals)>();
        foreach (var mine in ordinals.GroupBy(o => Home((int)o)))
            written.Add((mine.Key, layers, Shuffle([.. mine])));
        for (var layer = 0; layer < layers; layer++)
            foreach (var mine in ordinals.GroupBy(o => coherent ? random.Next(Ranks) : Home((int)o)))
                written.Add((mine.Key, layer, Shuffle([.. mine])));
        foreach (var (rank, part, mine) in written)
        {
            if (part == layers)
                AppendTokens(journals[rank], step, mine);
            else
                AppendChoices(journals[rank], step, part, mine);
            journals[rank].Flush();
            Log.Add((rank, new FileInfo(JournalHeader.RankPath(folder, rank)).Length, mine, part));
        }
    }

    private void AppendTokens(RoutingJournal journal, int step, long[] mine)
    {
        journal.Append(step, new JournalTokens
        {
            Ordinals = mine,
            Sequence = Of(Truth.Sequence),
            Position = Of(Truth.Position),
            Home = Of(Truth.Home),
            Phase = Of(Truth.Phase),
            Domain = Of(Truth.Domain),
        });

        T[] Of<T>(T[]? column) => column is null ? [] : [.. mine.Select(o => column[o])];
    }

    private void AppendChoices(RoutingJournal journal, int step, int layer, long[] mine)
    {
        var (layers, topK) = (Header.Trace.Model.Layers, Header.Trace.Model.TopK);
        journal.Append(step, layer, mine, Of(Truth.Experts), Of(Truth.GateWeights));

        T[] Of<T>(T[]? cells) => cells is null ? [] : [.. mine.SelectMany(o => cells.Skip((int)(o * layers + layer) * topK).Take(topK))];
    }

    private int Home(int ordinal) => Truth.Sequence[ordinal] % Ranks;

    private TraceRows MakeRows()
    {
        var (model, tokens) = (Header.Trace.Model, StepTokens.Sum());
        var cells = tokens * model.Layers * model.TopK;
        var steps = StepTokens.SelectMany((count, step) => Enumerable.Repeat(step, count)).ToArray();
        var sequence = Column(tokens, _ => random.Next(20));
        return new TraceRows(
            Column(cells, _ => random.Next(5) == 0 ? RoutingTrace.NoExpert : (ushort)random.Next(model.Experts)),
            sequence,
            Column(tokens, _ => random.Next(100)),
            Columns.HasFlag(TraceColumns.GateWeights) ? Column(cells, _ => (Half)random.NextDouble()) : null,
            Columns.HasFlag(TraceColumns.Step) ? steps : null,
            Columns.HasFlag(TraceColumns.Home) ? Column(tokens, i => (ushort)(sequence[i] % Ranks)) : null,
            Columns.HasFlag(TraceColumns.Phase) ? Column(tokens, _ => (byte)random.Next(2)) : null,
            Columns.HasFlag(TraceColumns.Domain) ? Column(tokens, _ => (byte)random.Next(2)) : null);

        static T[] Column<T>(int count, Func<int, T> value) => [.. Enumerable.Range(0, count).Select(value)];
    }

    private long[] Shuffle(long[] ordinals)
    {
        for (var i = ordinals.Length - 1; i > 0; i--)
        {
            var j = random.Next(i + 1);
            (ordinals[i], ordinals[j]) = (ordinals[j], ordinals[i]);
        }
        return ordinals;
    }
}
