namespace MoEPlace.Traces.Pickle;

/// <summary>Element types of torch storages.</summary>
public enum TorchType
{
    /// <summary>BoolStorage.</summary>
    Bool,

    /// <summary>ByteStorage, unsigned.</summary>
    Byte,

    /// <summary>CharStorage, signed 8 bits.</summary>
    SignedByte,

    /// <summary>ShortStorage, 16 bits.</summary>
    Int16Bits,

    /// <summary>IntStorage, 32 bits.</summary>
    Int32Bits,

    /// <summary>LongStorage, 64 bits.</summary>
    Int64Bits,

    /// <summary>HalfStorage.</summary>
    Half,

    /// <summary>BFloat16Storage.</summary>
    BFloat16,

    /// <summary>FloatStorage.</summary>
    Float32Bits,

    /// <summary>DoubleStorage.</summary>
    Float64Bits,
}
