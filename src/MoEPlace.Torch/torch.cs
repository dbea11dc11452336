using System.Runtime.InteropServices;
using MoEPlace.Torch.Abi;

namespace MoEPlace.Torch;

/// <summary>Makes tensors; the functions go by TorchSharp's names.</summary>
public static unsafe partial class torch
{
    /// <summary>libtorch's version.</summary>
    public static string Version => Marshal.PtrToStringUTF8(NativeTorch.version())!;

    /// <summary>A scope that owns the tensors made on this thread until it is disposed.</summary>
    public static DisposeScope NewDisposeScope() => new();

    /// <summary>While it is open, this thread remembers nothing for gradients.</summary>
    public static IDisposable no_grad() => new GradMode(false);

    /// <summary>Threads that one operation may use on the CPU, 1 or more.</summary>
    public static void set_num_threads(int threads) => NativeTorch.Done(NativeTorch.set_threads(threads));

    /// <summary>Threads that one operation uses on the CPU.</summary>
    public static int get_num_threads() => NativeTorch.threads();

    /// <summary>Memory that holds anything.</summary>
    public static Tensor empty(ReadOnlySpan<long> shape, ScalarType dtype = ScalarType.Float32, TorchDevice? device = null)
    {
        fixed (long* sizes = shape)
            return NativeTorch.Made(NativeTorch.empty(sizes, shape.Length, (int)dtype, IndexOf(device)));
    }

    /// <summary>Zeros.</summary>
    public static Tensor zeros(ReadOnlySpan<long> shape, ScalarType dtype = ScalarType.Float32, TorchDevice? device = null) =>
        full(shape, 0, dtype, device);

    /// <summary>Ones.</summary>
    public static Tensor ones(ReadOnlySpan<long> shape, ScalarType dtype = ScalarType.Float32, TorchDevice? device = null) =>
        full(shape, 1, dtype, device);

    /// <summary>One number everywhere.</summary>
    public static Tensor full(ReadOnlySpan<long> shape, double value, ScalarType dtype = ScalarType.Float32, TorchDevice? device = null)
    {
        fixed (long* sizes = shape)
            return NativeTorch.Made(NativeTorch.full(sizes, shape.Length, value, (int)dtype, IndexOf(device)));
    }

    /// <summary>Whole numbers from <paramref name="start"/> to <paramref name="end"/> - 1.</summary>
    public static Tensor arange(long start, long end, ScalarType dtype = ScalarType.Int64, TorchDevice? device = null) =>
        NativeTorch.Made(NativeTorch.arange(start, end, (int)dtype, IndexOf(device)));

    /// <summary>A copy of values, row-major, of type <typeparamref name="T"/>: byte, int, long, Half, float, double or bool.</summary>
    /// <exception cref="TorchException">The shape has another number of elements.</exception>
    public static Tensor tensor<T>(ReadOnlySpan<T> values, ReadOnlySpan<long> shape, TorchDevice? device = null)
        where T : unmanaged => tensor(values, shape, TypeOf<T>(), device);

    /// <summary>A copy of a vector of values.</summary>
    public static Tensor tensor<T>(ReadOnlySpan<T> values, TorchDevice? device = null)
        where T : unmanaged => tensor(values, [values.Length], device);

    /// <summary>A copy of values whose bytes are elements of <paramref name="dtype"/>, for example bfloat16 held as ushort.</summary>
    /// <exception cref="TorchException">The shape has another number of bytes.</exception>
    public static Tensor tensor<T>(ReadOnlySpan<T> values, ReadOnlySpan<long> shape, ScalarType dtype, TorchDevice? device = null)
        where T : unmanaged => Tensor.OfData(MemoryMarshal.AsBytes(values), shape, dtype, device ?? TorchDevice.Cpu);

    /// <summary>Tensors one after another along a dimension.</summary>
    public static Tensor cat(ReadOnlySpan<Tensor> tensors, long dimension = 0)
    {
        fixed (nint* handles = Handles(tensors))
            return NativeTorch.Made(NativeTorch.cat(handles, tensors.Length, dimension));
    }

    /// <summary>Tensors of one shape along a new dimension.</summary>
    public static Tensor stack(ReadOnlySpan<Tensor> tensors, long dimension = 0)
    {
        fixed (nint* handles = Handles(tensors))
            return NativeTorch.Made(NativeTorch.stack(handles, tensors.Length, dimension));
    }

    internal static nint[] Handles(ReadOnlySpan<Tensor> tensors)
    {
        var handles = new nint[tensors.Length];
        for (var i = 0; i < handles.Length; i++)
            handles[i] = tensors[i].Handle;
        return handles;
    }

    private static int IndexOf(TorchDevice? device) => (device ?? TorchDevice.Cpu).Index;

    private static ScalarType TypeOf<T>() =>
        typeof(T) == typeof(float) ? ScalarType.Float32
        : typeof(T) == typeof(long) ? ScalarType.Int64
        : typeof(T) == typeof(int) ? ScalarType.Int32
        : typeof(T) == typeof(byte) ? ScalarType.Byte
        : typeof(T) == typeof(bool) ? ScalarType.Bool
        : typeof(T) == typeof(Half) ? ScalarType.Float16
        : typeof(T) == typeof(double) ? ScalarType.Float64
        : throw new ArgumentException($"no element type is {typeof(T)}");

    private sealed class GradMode : IDisposable
    {
        private readonly int before = NativeTorch.grad_enabled();

        public GradMode(bool enabled) => NativeTorch.set_grad_enabled(enabled ? 1 : 0);

        public void Dispose() => NativeTorch.set_grad_enabled(before);
    }
}
