namespace MoEPlace.Traces.Npy;

/// <summary>Element types of an npy file that are read, little endian.</summary>
public enum NpyType
{
    /// <summary><c>|b1</c>, a byte of 0 or 1.</summary>
    B1,

    /// <summary><c>|u1</c>.</summary>
    U1,

    /// <summary><c>&lt;u2</c>.</summary>
    U2,

    /// <summary><c>&lt;u4</c>.</summary>
    U4,

    /// <summary><c>|i1</c>.</summary>
    I1,

    /// <summary><c>&lt;i2</c>.</summary>
    I2,

    /// <summary><c>&lt;i4</c>.</summary>
    I4,

    /// <summary><c>&lt;i8</c>.</summary>
    I8,

    /// <summary><c>&lt;f2</c>.</summary>
    F2,

    /// <summary><c>&lt;f4</c>.</summary>
    F4,

    /// <summary><c>&lt;f8</c>.</summary>
    F8,
}
