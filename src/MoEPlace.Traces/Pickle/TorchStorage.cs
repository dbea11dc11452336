namespace MoEPlace.Traces.Pickle;

/// <summary>
/// A storage that a pickle refers to: a run of elements in an entry of the archive. On which device it was plays no part.
/// </summary>
/// <param name="Type">Element type.</param>
/// <param name="Key">The entry <c>data/KEY</c>.</param>
/// <param name="Elements">How many.</param>
public sealed record TorchStorage(TorchType Type, string Key, long Elements)
{
    /// <summary>Bytes of one element.</summary>
    public int ElementBytes => Type switch
    {
        TorchType.Bool or TorchType.Byte or TorchType.SignedByte => 1,
        TorchType.Int16Bits or TorchType.Half or TorchType.BFloat16 => 2,
        TorchType.Int32Bits or TorchType.Float32Bits => 4,
        _ => 8,
    };

    /// <summary>True when the elements are whole numbers.</summary>
    public bool IsInteger => Type <= TorchType.Int64Bits;

    internal static TorchType? TypeOf(string storageClass) => storageClass switch
    {
        "BoolStorage" => TorchType.Bool,
        "ByteStorage" => TorchType.Byte,
        "CharStorage" => TorchType.SignedByte,
        "ShortStorage" => TorchType.Int16Bits,
        "IntStorage" => TorchType.Int32Bits,
        "LongStorage" => TorchType.Int64Bits,
        "HalfStorage" => TorchType.Half,
        "BFloat16Storage" => TorchType.BFloat16,
        "FloatStorage" => TorchType.Float32Bits,
        "DoubleStorage" => TorchType.Float64Bits,
        _ => null,
    };
}
