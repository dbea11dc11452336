using MoEPlace.Torch.Abi;

namespace MoEPlace.Torch;

// Type, place and shape.
public sealed unsafe partial class Tensor
{
    /// <summary>The same values as another type, on the same device.</summary>
    public Tensor to(ScalarType type) => NativeTorch.Made(NativeTorch.to(Handle, (int)type, device.Index));

    /// <summary>The same values on another device.</summary>
    public Tensor to(TorchDevice place) => NativeTorch.Made(NativeTorch.to(Handle, (int)dtype, place.Index));

    /// <summary>The same values as another type on another device.</summary>
    public Tensor to(ScalarType type, TorchDevice place) => NativeTorch.Made(NativeTorch.to(Handle, (int)type, place.Index));

    /// <summary>The same bytes as elements of another type; the last dimension holds as many bytes as before.</summary>
    public Tensor view(ScalarType type) => NativeTorch.Made(NativeTorch.view_dtype(Handle, (int)type));

    /// <summary>A copy of its own memory.</summary>
    public Tensor clone() => NativeTorch.Made(NativeTorch.clone(Handle));

    /// <summary>The same memory without a gradient.</summary>
    public Tensor detach() => NativeTorch.Made(NativeTorch.detach(Handle));

    /// <summary>Itself when its elements stand row after row, else a copy whose elements do.</summary>
    public Tensor contiguous() => NativeTorch.Made(NativeTorch.contiguous(Handle));

    /// <summary>Another shape of as many elements; -1 for one size that follows from the others. A view where that can be.</summary>
    public Tensor reshape(params ReadOnlySpan<long> sizes)
    {
        fixed (long* first = sizes)
            return NativeTorch.Made(NativeTorch.reshape(Handle, first, sizes.Length));
    }

    /// <summary>Another shape over the same memory.</summary>
    public Tensor view(params ReadOnlySpan<long> sizes)
    {
        fixed (long* first = sizes)
            return NativeTorch.Made(NativeTorch.view(Handle, first, sizes.Length));
    }

    /// <summary>Repeats dimensions of size 1 without memory; -1 keeps a size.</summary>
    public Tensor expand(params ReadOnlySpan<long> sizes)
    {
        fixed (long* first = sizes)
            return NativeTorch.Made(NativeTorch.expand(Handle, first, sizes.Length));
    }

    /// <summary>Dimensions in another order.</summary>
    public Tensor permute(params ReadOnlySpan<long> order)
    {
        fixed (long* first = order)
            return NativeTorch.Made(NativeTorch.permute(Handle, first, order.Length));
    }

    /// <summary>Two dimensions exchanged.</summary>
    public Tensor transpose(long a, long b) => NativeTorch.Made(NativeTorch.transpose(Handle, a, b));

    /// <summary>A dimension of size 1 more, before <paramref name="dimension"/>.</summary>
    public Tensor unsqueeze(long dimension) => NativeTorch.Made(NativeTorch.unsqueeze(Handle, dimension));

    /// <summary>A dimension of size 1 less.</summary>
    public Tensor squeeze(long dimension) => NativeTorch.Made(NativeTorch.squeeze(Handle, dimension));

    /// <summary>One place of a dimension, which goes.</summary>
    public Tensor select(long dimension, long index) => NativeTorch.Made(NativeTorch.select(Handle, dimension, index));

    /// <summary>A range of a dimension.</summary>
    public Tensor narrow(long dimension, long start, long length) => NativeTorch.Made(NativeTorch.narrow(Handle, dimension, start, length));

    /// <summary>Copies the values of another tensor, of a shape that fits, into this one.</summary>
    public Tensor copy_(Tensor source)
    {
        NativeTorch.Done(NativeTorch.copy_(Handle, HandleOf(source)));
        return this;
    }

    /// <summary>Sets every element.</summary>
    public Tensor fill_(double value)
    {
        NativeTorch.Done(NativeTorch.fill_(Handle, value));
        return this;
    }
}
