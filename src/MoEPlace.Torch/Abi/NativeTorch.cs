using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

[assembly: DisableRuntimeMarshalling]

namespace MoEPlace.Torch.Abi;

/// <summary>
/// The C ABI of <c>native/</c>. A tensor is a pointer that the caller frees; where libtorch throws, a function that makes a tensor gives
/// null and one that acts gives 1, and the message waits on the thread.
/// </summary>
internal static unsafe partial class NativeTorch
{
    private const string Library = "moeplace_torch";

    static NativeTorch() => NativeLibrary.SetDllImportResolver(typeof(NativeTorch).Assembly, Load);

    /// <summary>A new tensor of the innermost scope.</summary>
    /// <exception cref="TorchException">The handle is null: libtorch threw.</exception>
    internal static Tensor Made(nint handle) => handle == 0 ? throw Failure() : new Tensor(handle);

    /// <summary>Passes a result code on.</summary>
    /// <exception cref="TorchException">The code is not 0: libtorch threw.</exception>
    internal static void Done(int code)
    {
        if (code != 0)
            throw Failure();
    }

    internal static TorchException Failure() => new(Marshal.PtrToStringUTF8(error()) ?? "");

    private static nint Load(string name, System.Reflection.Assembly assembly, DllImportSearchPath? places)
    {
        if (name != Library)
            return 0;
        var file = Path.Combine(AppContext.BaseDirectory, $"lib{Library}.so");
        if (NativeLibrary.TryLoad(file, out var loaded) || NativeLibrary.TryLoad($"lib{Library}.so", out loaded))
            return loaded;
        try
        {
            return NativeLibrary.Load(file);
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            throw new TorchException($"libtorch cannot be loaded; ./moeplace installs and builds what it needs. {e.Message}", e);
        }
    }
}
