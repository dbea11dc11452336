using MoEPlace.Torch.Abi;

namespace MoEPlace.Torch;

// Picking, putting, sorting. Indexes are Int64.
public sealed unsafe partial class Tensor
{
    /// <summary>The named places of a dimension.</summary>
    public Tensor index_select(long dimension, Tensor index) => NativeTorch.Made(NativeTorch.index_select(Handle, dimension, HandleOf(index)));

    /// <summary>Along a dimension, for each element of <paramref name="index"/> the element that it names.</summary>
    public Tensor gather(long dimension, Tensor index) => NativeTorch.Made(NativeTorch.gather(Handle, dimension, HandleOf(index)));

    /// <summary>A copy with elements of <paramref name="source"/> at the places that <paramref name="index"/> names.</summary>
    public Tensor scatter(long dimension, Tensor index, Tensor source) =>
        NativeTorch.Made(NativeTorch.scatter(Handle, dimension, HandleOf(index), HandleOf(source)));

    /// <summary>A copy with elements of <paramref name="source"/> added at the places that <paramref name="index"/> names.</summary>
    public Tensor scatter_add(long dimension, Tensor index, Tensor source) =>
        NativeTorch.Made(NativeTorch.scatter_add(Handle, dimension, HandleOf(index), HandleOf(source)));

    /// <summary>A copy with the slices of <paramref name="source"/> added to the named places of a dimension.</summary>
    public Tensor index_add(long dimension, Tensor index, Tensor source) =>
        NativeTorch.Made(NativeTorch.index_add(Handle, dimension, HandleOf(index), HandleOf(source)));

    /// <summary>Adds the slices of <paramref name="source"/> to the named places of a dimension.</summary>
    public Tensor index_add_(long dimension, Tensor index, Tensor source)
    {
        NativeTorch.Done(NativeTorch.index_add_(Handle, dimension, HandleOf(index), HandleOf(source)));
        return this;
    }

    /// <summary>Writes the slices of <paramref name="source"/> to the named places of a dimension.</summary>
    public Tensor index_copy_(long dimension, Tensor index, Tensor source)
    {
        NativeTorch.Done(NativeTorch.index_copy_(Handle, dimension, HandleOf(index), HandleOf(source)));
        return this;
    }

    /// <summary>this[rows[i], columns[i]] = source[i].</summary>
    public Tensor index_put_(Tensor rows, Tensor columns, Tensor source)
    {
        NativeTorch.Done(NativeTorch.index_put_pairs_(Handle, HandleOf(rows), HandleOf(columns), HandleOf(source)));
        return this;
    }

    /// <summary>this[rows[i], columns[i]] for all i.</summary>
    public Tensor index(Tensor rows, Tensor columns) => NativeTorch.Made(NativeTorch.index_pairs(Handle, HandleOf(rows), HandleOf(columns)));

    /// <summary>[n, dimensions] where the elements that are not zero stand, row-major.</summary>
    public Tensor nonzero() => NativeTorch.Made(NativeTorch.nonzero(Handle));

    /// <summary>The greatest <paramref name="k"/> along a dimension, falling, and where they stand.</summary>
    public (Tensor Values, Tensor Indices) topk(long k, long dimension = -1)
    {
        nint values, indices;
        NativeTorch.Done(NativeTorch.topk(Handle, k, dimension, &values, &indices));
        return (NativeTorch.Made(values), NativeTorch.Made(indices));
    }

    /// <summary>Sorted along a dimension, equal elements in their order, and where they stood.</summary>
    public (Tensor Values, Tensor Indices) sort(long dimension = -1, bool descending = false)
    {
        nint values, indices;
        NativeTorch.Done(NativeTorch.sort(Handle, dimension, descending ? 1 : 0, &values, &indices));
        return (NativeTorch.Made(values), NativeTorch.Made(indices));
    }

    /// <summary>How often each number occurs, for numbers from 0 to at least <paramref name="minlength"/> - 1.</summary>
    public Tensor bincount(long minlength = 0) => NativeTorch.Made(NativeTorch.bincount(Handle, minlength));

    /// <summary>Int64: 1 at the place that each element names, in a new last dimension.</summary>
    public Tensor one_hot(long classes) => NativeTorch.Made(NativeTorch.one_hot(Handle, classes));

    /// <summary>Each place of a dimension several times in a row.</summary>
    public Tensor repeat_interleave(long repeats, long dimension) =>
        NativeTorch.Made(NativeTorch.repeat_interleave(Handle, repeats, dimension));

    /// <summary>A dimension in reverse.</summary>
    public Tensor flip(long dimension) => NativeTorch.Made(NativeTorch.flip(Handle, dimension));
}
