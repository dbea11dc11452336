using System.Runtime.CompilerServices;
using MoEPlace.Torch.Abi;

namespace MoEPlace.Torch;

/// <summary>
/// A tensor of libtorch; members go by TorchSharp's names. It belongs to the innermost <see cref="DisposeScope"/> of the thread that made it;
/// one that belongs to none is its owner's to <see cref="Dispose"/>. There is no finalizer, which could free a tensor while libtorch reads it.
/// </summary>
public sealed unsafe partial class Tensor : IDisposable
{
    private nint handle;

    internal Tensor(nint handle)
    {
        this.handle = handle;
        Scope = DisposeScope.Innermost;
        Scope?.Own(this);
    }

    /// <summary>The scope that will free it; null when its owner does.</summary>
    internal DisposeScope? Scope { get; private set; }

    /// <summary>libtorch's tensor.</summary>
    /// <exception cref="ObjectDisposedException">It is freed.</exception>
    internal nint Handle
    {
        get
        {
            ObjectDisposedException.ThrowIf(handle == 0, this);
            return handle;
        }
    }

    /// <summary>Its dimensions, outermost first.</summary>
    public long[] shape
    {
        get
        {
            var sizes = new long[dim()];
            fixed (long* first = sizes)
                NativeTorch.shape(Handle, first);
            return sizes;
        }
    }

    /// <summary>Element type.</summary>
    public ScalarType dtype => (ScalarType)NativeTorch.dtype(Handle);

    /// <summary>Where it lives.</summary>
    public TorchDevice device => new(NativeTorch.device(Handle));

    /// <summary>Number of elements.</summary>
    public long NumberOfElements
    {
        get
        {
            var count = 1L;
            foreach (var size in shape)
                count *= size;
            return count;
        }
    }

    /// <summary>Bytes of the memory that it looks at, which views share.</summary>
    public long StorageBytes
    {
        get
        {
            long bytes;
            NativeTorch.Done(NativeTorch.storage_bytes(Handle, &bytes));
            return bytes;
        }
    }

    /// <summary>Bytes of one element of a type.</summary>
    public static int BytesOf(ScalarType type) => type switch
    {
        ScalarType.Byte or ScalarType.Bool => 1,
        ScalarType.Float16 or ScalarType.BFloat16 => 2,
        ScalarType.Int32 or ScalarType.Float32 => 4,
        _ => 8,
    };

    /// <summary>Number of dimensions.</summary>
    public int dim() => NativeTorch.dim(Handle);

    /// <summary>The size of one dimension; -1 is the last.</summary>
    public long size(int dimension)
    {
        var sizes = shape;
        return sizes[dimension < 0 ? sizes.Length + dimension : dimension];
    }

    /// <summary>The only element, as a number.</summary>
    /// <exception cref="TorchException">It has more or fewer than one element.</exception>
    public double item()
    {
        using var wide = NativeTorch.Made(NativeTorch.to(Handle, (int)ScalarType.Float64, -1));
        double value;
        NativeTorch.Done(NativeTorch.read(wide.Handle, &value, sizeof(double)));
        return value;
    }

    /// <summary>All elements, row-major, from wherever it lives; <typeparamref name="T"/> must have the bytes of <see cref="dtype"/>.</summary>
    /// <exception cref="TorchException"><typeparamref name="T"/> is of another size.</exception>
    public T[] ToArray<T>()
        where T : unmanaged
    {
        var values = new T[NumberOfElements];
        CopyTo<T>(values);
        return values;
    }

    /// <summary>All elements, row-major, into memory of exactly their size.</summary>
    /// <exception cref="TorchException">The memory is of another size.</exception>
    public void CopyTo<T>(Span<T> destination)
        where T : unmanaged
    {
        fixed (T* first = destination)
            NativeTorch.Done(NativeTorch.read(Handle, first, (long)destination.Length * sizeof(T)));
    }

    /// <summary>The elements where they are, to be read while the tensor lives; only of a contiguous tensor on the CPU.</summary>
    /// <exception cref="InvalidOperationException">It lies elsewhere, is strided, or <typeparamref name="T"/> is of another size.</exception>
    public ReadOnlySpan<T> AsSpan<T>()
        where T : unmanaged
    {
        var data = NativeTorch.data(Handle);
        if (data == 0 && NumberOfElements > 0)
            throw new InvalidOperationException("Only a contiguous tensor on the CPU can be looked at.");
        if (Unsafe.SizeOf<T>() != BytesOf(dtype))
            throw new InvalidOperationException($"Elements of {BytesOf(dtype)} bytes looked at as {Unsafe.SizeOf<T>()}.");
        return new ReadOnlySpan<T>((void*)data, checked((int)NumberOfElements));
    }

    /// <summary>It belongs to the scope around its own (or around the innermost one, when it has none).</summary>
    /// <returns>Itself.</returns>
    public Tensor MoveToOuterDisposeScope()
    {
        Scope = Scope?.Outer;
        Scope?.Own(this);
        return this;
    }

    /// <summary>No scope frees it; its owner does.</summary>
    /// <returns>Itself.</returns>
    public Tensor DetachFromDisposeScope()
    {
        Scope = null;
        return this;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (handle != 0)
            NativeTorch.free(handle);
        handle = 0;
    }

    /// <summary>What it is, for people: type, shape and place.</summary>
    public override string ToString() => handle == 0 ? "a freed tensor" : $"{dtype} [{string.Join(", ", shape)}] on {device}";

    internal static nint HandleOf(Tensor? tensor) => tensor is null ? 0 : tensor.Handle;

    internal static Tensor OfData(ReadOnlySpan<byte> bytes, ReadOnlySpan<long> shape, ScalarType type, TorchDevice device)
    {
        fixed (byte* data = bytes)
        fixed (long* sizes = shape)
            return NativeTorch.Made(NativeTorch.from_data(data, bytes.Length, sizes, shape.Length, (int)type, device.Index));
    }
}
