using System.Collections.Immutable;

namespace MoEPlace.Traces.Pickle;

/// <summary>
/// A tensor as a pickle describes it. Every element lies in its storage, and there are no more elements than the storage has.
/// </summary>
/// <param name="Storage">Where the elements lie.</param>
/// <param name="Offset">First element in the storage.</param>
/// <param name="Shape">Its dimensions, outermost first.</param>
/// <param name="Strides">Elements from one index to the next, per dimension.</param>
public sealed record TorchTensor(TorchStorage Storage, long Offset, ImmutableArray<long> Shape, ImmutableArray<long> Strides)
{
    /// <summary>Number of elements.</summary>
    public long Elements => Shape.Aggregate(1L, (a, b) => a * b);

    /// <summary>The shape as text.</summary>
    public string ShapeText => $"[{string.Join(", ", Shape)}]";

    /// <summary>True when the elements lie one after another in C order.</summary>
    public bool IsContiguous
    {
        get
        {
            var expected = 1L;
            for (var i = Shape.Length - 1; i >= 0; i--)
            {
                if (Shape[i] != 1 && Strides[i] != expected)
                    return false;
                expected *= Shape[i];
            }
            return true;
        }
    }
}
