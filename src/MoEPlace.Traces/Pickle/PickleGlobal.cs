namespace MoEPlace.Traces.Pickle;

/// <summary>The few names that a pickle may refer to.</summary>
/// <param name="Kind">What it stands for.</param>
/// <param name="Storage">The element type of a storage class.</param>
internal sealed record PickleGlobal(PickleGlobalKind Kind, TorchType Storage = default)
{
    private static readonly PickleGlobal OrderedDictionary = new(PickleGlobalKind.OrderedDictionary);
    private static readonly PickleGlobal RebuildTensor = new(PickleGlobalKind.RebuildTensor);

    /// <summary>Finds a name; null when it is not allowed.</summary>
    internal static PickleGlobal? Find(string module, string name) => (module, name) switch
    {
        ("collections", "OrderedDict") => OrderedDictionary,
        ("torch._utils", "_rebuild_tensor_v2") => RebuildTensor,
        ("torch", _) when TorchStorage.TypeOf(name) is { } type => new PickleGlobal(PickleGlobalKind.StorageClass, type),
        _ => null,
    };
}
