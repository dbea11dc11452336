using System.Collections.Immutable;

namespace MoEPlace.Traces.Safetensors;

/// <summary>Where one tensor lies in a safetensors file.</summary>
/// <param name="DType">The format's name of the element type: U8, I32, F16, …</param>
/// <param name="Shape">Its dimensions, outermost first.</param>
/// <param name="Begin">First byte, relative to the end of the header.</param>
/// <param name="End">One past the last byte.</param>
public sealed record SafetensorsTensor(string DType, ImmutableArray<long> Shape, long Begin, long End)
{
    /// <summary>Number of elements.</summary>
    public long Elements => Shape.Aggregate(1L, (a, b) => a * b);

    /// <summary>Bytes of one element of a type; 0 for a type that the format does not know.</summary>
    public static int BytesOf(string dtype) => dtype switch
    {
        "BOOL" or "U8" or "I8" or "F8_E4M3" or "F8_E5M2" => 1,
        "U16" or "I16" or "F16" or "BF16" => 2,
        "U32" or "I32" or "F32" => 4,
        "U64" or "I64" or "F64" => 8,
        _ => 0,
    };
}
