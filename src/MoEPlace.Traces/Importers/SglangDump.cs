using System.Collections.Immutable;
using MoEPlace.Traces.Pickle;

namespace MoEPlace.Traces.Importers;

/// <summary>One dump of SGLang's expert distribution recorder, opened.</summary>
internal sealed class SglangDump : IDisposable
{
    private SglangDump(TorchArchive archive)
    {
        Archive = archive;
        Fields = PickleFields.Root(archive);
        if (Fields.Has("logical_count"))
            return;
        var list = Fields.List("records");
        if (list.Count == 0)
            throw new InputException(Path, "records", 0, "at least one record: was the recorder stopped before the dump?");
        var records = ImmutableArray.CreateBuilder<SglangRecord>(list.Count);
        for (var i = 0; i < list.Count; i++)
        {
            var entries = list[i] as PickleDictionary ?? throw new InputException(Path, $"records[{i}]", "another value", "a dict");
            var fields = new PickleFields(entries, Path, $"records[{i}].");
            records.Add(new SglangRecord(this, fields, fields.Integer("forward_pass_id", 0, long.MaxValue),
                (int)fields.Integer("rank", 0, ushort.MaxValue)));
        }
        Records = records.MoveToImmutable();
        Kind = Records[0].Fields.Has("topk_ids_of_layer") ? SglangDumpKind.Tokens : SglangDumpKind.Passes;
    }

    internal TorchArchive Archive { get; }

    internal string Path => Archive.Path;

    internal PickleFields Fields { get; }

    internal SglangDumpKind Kind { get; }

    internal ImmutableArray<SglangRecord> Records { get; } = [];

    /// <summary>Opens a dump.</summary>
    /// <exception cref="InputException">It is not one.</exception>
    internal static SglangDump Open(string path)
    {
        var archive = TorchArchive.Open(path);
        try
        {
            return new SglangDump(archive);
        }
        catch
        {
            archive.Dispose();
            throw;
        }
    }

    internal long[] Read(TorchTensor tensor)
    {
        if (tensor.Elements > Array.MaxLength)
            throw new InputException(Path, "tensor", tensor.ShapeText, $"at most {Array.MaxLength} elements");
        var values = new long[tensor.Elements];
        Archive.CopyIntegers(tensor, 0, values);
        return values;
    }

    public void Dispose() => Archive.Dispose();
}
