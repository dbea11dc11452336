using System.Collections.Immutable;
using System.Globalization;
using MoEPlace.Traces.Models;
using MoEPlace.Traces.Npy;

namespace MoEPlace.Traces.Importers;

/// <summary>The files of an npy recording, opened and checked against each other; ids are not looked at yet.</summary>
internal sealed class NpyInput : IDisposable
{
    private readonly NpyImportOptions options;
    private ImmutableArray<SequenceRun> runs = [];
    private NpyFile? sequences;
    private NpyFile? domains;

    internal NpyInput(NpyImportOptions options, bool topOneOnly)
    {
        this.options = options;
        TopOneOnly = topOneOnly;
        Faults = new InputFaults(options.Ids);
        try
        {
            Open();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    internal InputFaults Faults { get; }

    /// <summary>True when the ids are [tokens, layers].</summary>
    internal bool TopOneOnly { get; }

    internal NpyFile Ids { get; private set; } = null!;

    internal NpyFile? Weights { get; private set; }

    internal TraceHeader? Description { get; private set; }

    internal MoEModel? Model { get; private set; }

    internal long Tokens => Ids.Header.Shape[0];

    internal int Layers => (int)Ids.Header.Shape[1];

    internal int TopK => TopOneOnly ? 1 : (int)Ids.Header.Shape[2];

    /// <summary>Domain names; empty when there are none.</summary>
    internal ImmutableArray<string> DomainNames { get; private set; } = [];

    internal bool KnowsSequences => sequences is not null || !runs.IsEmpty;

    /// <summary>A fresh reading of the labels from the first row on.</summary>
    internal TokenLabels Labels() =>
        sequences is not null ? TokenLabels.ByColumn(sequences, domains, !DomainNames.IsEmpty)
        : runs.IsEmpty ? TokenLabels.EachItsOwn(domains, !DomainNames.IsEmpty)
        : TokenLabels.OneAfterAnother(runs, domains, !DomainNames.IsEmpty);

    public void Dispose()
    {
        Ids?.Dispose();
        Weights?.Dispose();
        sequences?.Dispose();
        domains?.Dispose();
    }

    private void Open()
    {
        var told = new[] { options.Lengths, options.Index, options.Sequences }.Count(o => o is not null);
        Faults.Require(told <= 1, "sequences", told, "at most one of lengths, index and sequences");
        Faults.Require(options.Domain is null || options.Domains is null, "domains", "both", "one domain name, or a file of domains");
        ReadModel();
        Ids = ImportModel.Try(Faults, () => NpyFile.Open(options.Ids))!;
        Weights = OpenOrNull(options.Weights);
        sequences = OpenOrNull(options.Sequences);
        domains = OpenOrNull(options.Domains);
        Faults.ThrowIfAny();
        CheckShapes();
        Faults.ThrowIfAny();
        ReadRuns();
        CheckColumn(sequences, "sequences", int.MaxValue, "0 to 2,147,483,647");
        var named = Description?.Domains.Length ?? 0;
        var largest = CheckColumn(domains, "domains", named > 0 ? named - 1 : 255,
            named > 0 ? $"0 to {named - 1}, the domains of {options.Model}" : "0 to 255");
        NameDomains(largest);
        Faults.ThrowIfAny();
    }

    private NpyFile? OpenOrNull(string? path) => path is null ? null : ImportModel.Try(Faults, () => NpyFile.Open(path));

    private void ReadModel()
    {
        if (options.Model is { } path && File.Exists(path))
            ImportModel.Try(Faults, () => (object?)(Description = TraceDescription.Read(path)));
        if (Faults.Any)
            return;
        Model = Description is null
            ? ImportModel.Try(Faults, () => ImportModel.Read(options))
            : options.MoeLayers is null ? Description.Model
                : ImportModel.Try(Faults, () => ModelConfig.Keep(Description.Model, LayerRange.Parse(options.MoeLayers)));
    }

    private void CheckShapes()
    {
        var sized = TopOneOnly ? Ids.RequireIntegers(Faults, "ids", "tokens", "layers")
            : Ids.RequireIntegers(Faults, "ids", "tokens", "layers", "top-k");
        if (!sized)
            return;
        var shape = Ids.Header.Shape;
        Faults.Require(shape[0] is >= 1 and <= int.MaxValue, "ids.shape[0]", shape[0], "1 to 2,147,483,647 tokens");
        Faults.Require(shape[1] is >= 1 and <= 10_000, "ids.shape[1]", shape[1], "1 to 10,000 layers");
        if (!TopOneOnly)
            Faults.Require(shape[2] is >= 1 and <= MoEModel.MostExperts, "ids.shape[2]", shape[2], $"1 to {MoEModel.MostExperts} choices");
        ImportModel.Require(Faults, TopOneOnly && Model is not null ? Model with { TopK = 1 } : Model, options.MoeLayers, shape[1],
            TopOneOnly ? 1 : shape[2]);
        if (Weights is not null)
        {
            Local(Weights, (!Weights.Header.IsInteger, "weights.dtype", Weights.Header.Type.ToString(), "floating point (f2, f4 or f8)"));
            Local(Weights, (
                Weights.Header.Shape.AsSpan().SequenceEqual(shape.AsSpan()), "weights.shape", Weights.Header.ShapeText,
                $"{Ids.Header.ShapeText}, the shape of the ids"));
        }
        foreach (var (column, name) in ((NpyFile?, string)[])[(sequences, "sequences"), (domains, "domains")])
        {
            if (column is null)
                continue;
            var own = new InputFaults(column.Path);
            if (column.RequireIntegers(own, name, "tokens"))
                own.Require(column.Header.Shape[0] == shape[0], name + ".shape", column.Header.ShapeText, $"[{shape[0]}], one per token");
            Faults.AddRange(own.ToImmutable());
        }
    }

    private void Local(NpyFile file, (bool Holds, string Field, string Value, string Allowed) rule)
    {
        if (!rule.Holds)
            Faults.AddRange([new InputFault(file.Path, rule.Field, rule.Value, rule.Allowed)]);
    }

    private void ReadRuns()
    {
        if (options.Lengths is { } lengths)
            ImportModel.Try(Faults, () => (object)(runs = SequenceLists.Lengths(lengths, Tokens)));
        if (options.Index is { } index)
            ImportModel.Try(Faults, () => (object)((runs, DomainNames) = SequenceLists.Index(index, Tokens)));
    }

    private void NameDomains(long largest)
    {
        if (options.Domain is { } only)
            DomainNames = [only];
        else if (domains is not null)
            DomainNames = Description is { Domains.IsEmpty: false }
                ? Description.Domains
                : [.. Enumerable.Range(0, (int)largest + 1).Select(d => string.Create(CultureInfo.InvariantCulture, $"domain {d}"))];
    }

    private long CheckColumn(NpyFile? column, string name, long most, string allowed)
    {
        var largest = 0L;
        if (column is null || Faults.Any)
            return largest;
        var block = new long[1 << 16];
        for (long first = 0; first < Tokens; first += block.Length)
        {
            var part = block.AsSpan(0, (int)Math.Min(block.Length, Tokens - first));
            column.CopyIntegers(first, part);
            var outside = part.IndexOfAnyExceptInRange(0, most);
            if (outside >= 0)
            {
                Local(column, (false, $"{name}[{first + outside}]", InputFaultText(part[outside]), allowed));
                return largest;
            }
            foreach (var value in part)
                largest = Math.Max(largest, value);
        }
        return largest;
    }

    private static string InputFaultText(long value) => value.ToString(CultureInfo.InvariantCulture);
}
