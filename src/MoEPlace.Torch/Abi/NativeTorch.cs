using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

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

    /// <summary>
    /// What the libraries below read from the environment when they are loaded; what somebody has set stays. OpenBLAS takes a processor
    /// that is newer than itself for one of 2004, and is then five times slower. Threads of OpenMP that spin between two operations take
    /// the cores from those of OpenBLAS.
    /// </summary>
    private static void SetUpArithmetic()
    {
        if (!OperatingSystem.IsLinux())
            return;
        if (Avx512F.IsSupported && Avx512BW.IsSupported && Avx512DQ.IsSupported && Avx512F.VL.IsSupported)
            setenv("OPENBLAS_CORETYPE", "SKYLAKEX", 0);
        else if (Avx2.IsSupported && Fma.IsSupported)
            setenv("OPENBLAS_CORETYPE", "HASWELL", 0);
        setenv("OMP_WAIT_POLICY", "passive", 0);
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int setenv(string name, string value, int overwrite);

    private static nint Load(string name, System.Reflection.Assembly assembly, DllImportSearchPath? places)
    {
        if (name != Library)
            return 0;
        SetUpArithmetic();
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
