namespace MoEPlace.Torch;

/// <summary>Element types, numbered as libtorch numbers them.</summary>
public enum ScalarType
{
    /// <summary>8 bits, 0 to 255.</summary>
    Byte = 0,

    /// <summary>32 bits with sign.</summary>
    Int32 = 3,

    /// <summary>64 bits with sign: what indexes are.</summary>
    Int64 = 4,

    /// <summary>IEEE half precision.</summary>
    Float16 = 5,

    /// <summary>IEEE single precision.</summary>
    Float32 = 6,

    /// <summary>IEEE double precision.</summary>
    Float64 = 7,

    /// <summary>True or false, one byte each.</summary>
    Bool = 11,

    /// <summary>The upper half of a float32.</summary>
    BFloat16 = 15,
}
