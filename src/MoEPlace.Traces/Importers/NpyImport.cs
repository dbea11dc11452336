using System.Collections.Immutable;

namespace MoEPlace.Traces.Importers;

/// <summary>Imports a recording in npy files as a trace: one pass checks, a second writes.</summary>
public static class NpyImport
{
    private const int CellsAtOnce = 1 << 18;

    /// <summary>Imports.</summary>
    /// <exception cref="InputException">A file is not as it should be; nothing is written then.</exception>
    public static ImportResult Run(NpyImportOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return Run(options, topOneOnly: false, []);
    }

    internal static ImportResult Run(NpyImportOptions options, bool topOneOnly, IEnumerable<string> notes)
    {
        using var input = new NpyInput(options, topOneOnly);
        var (largest, byWeight) = Check(input);
        var model = input.Model ?? ImportModel.Infer(options.MoeLayers, input.Layers, largest + 1, input.TopK);
        if (topOneOnly)
            model = model with { TopK = 1 };
        if (options.ChoicesByWeight && !byWeight)
            throw new InputException(
                options.Weights!, "weights", "not falling", "falling weights, since choices were said to stand in order of weight");
        var order = input.Weights is not null ? byWeight
            : options.ChoicesByWeight || input.TopK == 1 || input.Description?.ChoiceOrder == ChoiceOrder.ByWeight;
        var header = new TraceHeader(
            model,
            input.Description?.Origin ?? TraceOrigin.Measured,
            options.Source ?? input.Description?.Source ?? Path.GetFileName(options.Ids),
            options.Licence ?? input.Description?.Licence ?? "",
            order ? ChoiceOrder.ByWeight : ChoiceOrder.Unordered,
            input.DomainNames);
        var (columns, sequences) = Write(input, header, options.Output);
        return new ImportResult(
            options.Output, TraceHeader.FormatName, model, input.Tokens, sequences, 0, columns, input.DomainNames,
            [.. notes, .. Notes(input, model)]);
    }

    private static (int Largest, bool ByWeight) Check(NpyInput input)
    {
        var faults = input.Faults;
        var check = new ChoiceCheck(Ordinals(input), input.TopK, input.Model?.Experts ?? 0);
        var byWeight = true;
        var read = new Block(input);
        for (long first = 0; first < input.Tokens && !faults.Any; first += read.Capacity)
        {
            var count = read.Fill(input, first);
            check.Take(read.Ids.AsSpan(0, count * read.Width), read.Experts, first, faults, "ids");
            if (input.Weights is not null)
                byWeight &= CheckWeights(input, read, first, count);
        }
        faults.Require(faults.Any || check.Largest >= 0, "ids", "-1 everywhere", "at least one expert");
        faults.ThrowIfAny();
        return (check.Largest, byWeight);
    }

    /// <summary>Notes the first weight that is not finite; tells whether no choice outweighs the one before it.</summary>
    private static bool CheckWeights(NpyInput input, Block read, long first, int count)
    {
        var falling = true;
        var weights = read.Weights.AsSpan(0, count * read.Width);
        for (var i = 0; i < weights.Length; i++)
        {
            if (!Half.IsFinite(weights[i]))
            {
                var at = $"weights[{first + i / read.Width}, {i % read.Width / input.TopK}, {i % input.TopK}]";
                input.Faults.AddRange([new InputFault(input.Weights!.Path, at, $"{weights[i]}", "a finite number of at most 65,504")]);
                return falling;
            }
            falling &= i % input.TopK == 0 || weights[i] <= weights[i - 1];
        }
        return falling;
    }

    private static (TraceColumns Columns, long Sequences) Write(NpyInput input, TraceHeader header, string output)
    {
        var labels = input.Labels();
        var columns = (input.Weights is null ? TraceColumns.None : TraceColumns.GateWeights)
            | (labels.HasDomain ? TraceColumns.Domain : TraceColumns.None);
        var check = new ChoiceCheck(Ordinals(input), input.TopK, header.Model.Experts);
        using var writer = new RoutingTraceWriter(output, header, input.Tokens, columns);
        var read = new Block(input);
        for (long first = 0; first < input.Tokens; first += read.Capacity)
        {
            var count = read.Fill(input, first);
            // Mapped files may change while they are read.
            if (!check.Take(read.Ids.AsSpan(0, count * read.Width), read.Experts, first, input.Faults, "ids"))
                input.Faults.ThrowIfAny();
            var rows = read.Rows(count, input.Weights is not null, labels.HasDomain);
            labels.Next(first, rows.Sequence, rows.Position, rows.Domain);
            writer.Append(rows);
        }
        writer.Complete();
        return (columns, labels.Sequences);
    }

    private static ImmutableArray<int> Ordinals(NpyInput input) => [.. Enumerable.Range(0, input.Layers)];

    private static IEnumerable<string> Notes(NpyInput input, MoEModel model)
    {
        if (!input.KnowsSequences)
            yield return "No sequences were told: each token is a sequence of its own, so train and test splits share requests.";
        if (input.Model is null)
            yield return $"No model was told: {model.Experts} experts is the largest id + 1.";
    }

    /// <summary>Buffers for some tokens at once.</summary>
    private sealed class Block
    {
        internal Block(NpyInput input)
        {
            Width = input.Layers * input.TopK;
            Capacity = (int)Math.Min(input.Tokens, Math.Clamp(CellsAtOnce / Width, 1, 1 << 16));
            Ids = new long[Capacity * Width];
            Experts = new ushort[Capacity * Width];
            Weights = input.Weights is null ? [] : new Half[Capacity * Width];
        }

        internal int Width { get; }

        internal int Capacity { get; }

        internal long[] Ids { get; }

        internal ushort[] Experts { get; }

        internal Half[] Weights { get; }

        internal int Fill(NpyInput input, long first)
        {
            var count = (int)Math.Min(Capacity, input.Tokens - first);
            input.Ids.CopyIntegers(first * Width, Ids.AsSpan(0, count * Width));
            input.Weights?.CopyHalves(first * Width, Weights.AsSpan(0, count * Width));
            return count;
        }

        internal TraceRows Rows(int count, bool weights, bool domain) => new(
            count == Capacity ? Experts : Experts[..(count * Width)],
            new int[count],
            new int[count],
            !weights ? null : count == Capacity ? Weights : Weights[..(count * Width)],
            Domain: domain ? new byte[count] : null);
    }
}
