using MoEPlace.Traces.Pickle;

namespace MoEPlace.Traces.Importers;

/// <summary>The entries of a dict in a dump, by key and kind; what is missing or of another kind is refused by its key.</summary>
/// <param name="entries">The dict.</param>
/// <param name="file">The file in faults.</param>
/// <param name="prefix">Where the dict stands, ending in a point; empty at the root.</param>
internal sealed class PickleFields(PickleDictionary entries, string file, string prefix)
{
    internal static PickleFields Root(TorchArchive archive) => archive.Root is PickleDictionary entries
        ? new PickleFields(entries, archive.Path, "")
        : throw new InputException(archive.Path, "root", Show(archive.Root), "a dict, as SGLang's recorder dumps it");

    internal string Field(string key) => prefix + key;

    internal bool Has(string key) => entries.TryGet(key, out _);

    internal long Integer(string key, long least, long most) =>
        Get(key) is long value && value >= least && value <= most ? value : throw Refuse(key, $"a whole number, {least} to {most}");

    internal string Text(string key) => Get(key) as string ?? throw Refuse(key, "a string");

    internal PickleList List(string key) => Get(key) as PickleList ?? throw Refuse(key, "a list");

    internal ReadOnlySpan<long> Integers(string key) => IntegerList(key).Integers;

    internal PickleList IntegerList(string key) =>
        Get(key) is PickleList { IsIntegers: true } list ? list : throw Refuse(key, "a list of whole numbers");

    internal PickleList? IntegersOrNone(string key) => !Has(key) || Get(key) is null ? null : IntegerList(key);

    /// <summary>A tensor of whole numbers.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="dimensions">Its dimensions by name.</param>
    internal TorchTensor Tensor(string key, params ReadOnlySpan<string> dimensions)
    {
        var wanted = $"a tensor of whole numbers [{string.Join(", ", dimensions)}]";
        if (Get(key) is not TorchTensor tensor)
            throw Refuse(key, wanted);
        return tensor.Storage.IsInteger && tensor.Shape.Length == dimensions.Length
            ? tensor
            : throw new InputException(file, prefix + key, $"{tensor.Storage.Type} {tensor.ShapeText}", wanted);
    }

    private static object? Show(object? value) => value switch
    {
        null => "None",
        long or string or bool or double => value,
        TorchTensor tensor => $"{tensor.Storage.Type} {tensor.ShapeText}",
        _ => value.GetType().Name,
    };

    private object? Get(string key) => entries.TryGet(key, out var value) ? value : throw new InputException(file, prefix + key, null, "a key of SGLang's recorder");

    private InputException Refuse(string key, string allowed) => new(file, prefix + key, Show(Get(key)), allowed);
}
