using System.Runtime.InteropServices;

namespace MoEPlace.Torch.Abi;

// What native/training.cpp, native/collectives.cpp and native/devices.cpp export.
internal static unsafe partial class NativeTorch
{
    [LibraryImport(Library, EntryPoint = "moeplace_set_requires_grad")]
    internal static partial int set_requires_grad(nint tensor, int wanted);

    [LibraryImport(Library, EntryPoint = "moeplace_requires_grad")]
    internal static partial int requires_grad(nint tensor);

    [LibraryImport(Library, EntryPoint = "moeplace_backward")]
    internal static partial int backward(nint loss);

    [LibraryImport(Library, EntryPoint = "moeplace_grad")]
    internal static partial nint grad(nint tensor);

    [LibraryImport(Library, EntryPoint = "moeplace_grad_enabled")]
    internal static partial int grad_enabled();

    [LibraryImport(Library, EntryPoint = "moeplace_set_grad_enabled")]
    internal static partial void set_grad_enabled(int enabled);

    [LibraryImport(Library, EntryPoint = "moeplace_adamw")]
    internal static partial nint adamw(nint* parameters, int count, double rate, double beta1, double beta2, double epsilon, double decay);

    [LibraryImport(Library, EntryPoint = "moeplace_adamw_free")]
    internal static partial void adamw_free(nint optimizer);

    [LibraryImport(Library, EntryPoint = "moeplace_adamw_step")]
    internal static partial int adamw_step(nint optimizer);

    [LibraryImport(Library, EntryPoint = "moeplace_adamw_zero_grad")]
    internal static partial int adamw_zero_grad(nint optimizer);

    [LibraryImport(Library, EntryPoint = "moeplace_adamw_set_rate")]
    internal static partial int adamw_set_rate(nint optimizer, double rate);

    [LibraryImport(Library, EntryPoint = "moeplace_adamw_state")]
    internal static partial int adamw_state(nint optimizer, int index, nint* first, nint* second, long* steps);

    [LibraryImport(Library, EntryPoint = "moeplace_adamw_set_state")]
    internal static partial int adamw_set_state(nint optimizer, int index, nint first, nint second, long steps);

    [LibraryImport(Library, EntryPoint = "moeplace_clip_grad_norm")]
    internal static partial int clip_grad_norm(nint* parameters, int count, double most, double* norm);

    [LibraryImport(Library, EntryPoint = "moeplace_store", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint store(string host, int port, int isServer, long timeoutMilliseconds);

    [LibraryImport(Library, EntryPoint = "moeplace_store_free")]
    internal static partial void store_free(nint store);

    [LibraryImport(Library, EntryPoint = "moeplace_store_port")]
    internal static partial int store_port(nint store);

    [LibraryImport(Library, EntryPoint = "moeplace_store_set", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int store_set(nint store, string key, byte* value, long bytes);

    [LibraryImport(Library, EntryPoint = "moeplace_store_has", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int store_has(nint store, string key, int* has);

    [LibraryImport(Library, EntryPoint = "moeplace_store_get", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int store_get(nint store, string key, byte* value, long bytes, long* length);

    [LibraryImport(Library, EntryPoint = "moeplace_group", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint group(nint store, string prefix, int rank, int size, long timeoutMilliseconds, string address, int useNccl);

    [LibraryImport(Library, EntryPoint = "moeplace_group_free")]
    internal static partial void group_free(nint group);

    [LibraryImport(Library, EntryPoint = "moeplace_all_to_all")]
    internal static partial int all_to_all(nint group, nint output, nint input, long* outRows, long* inRows, int ranks);

    [LibraryImport(Library, EntryPoint = "moeplace_all_gather")]
    internal static partial int all_gather(nint group, nint* outputs, int ranks, nint input);

    [LibraryImport(Library, EntryPoint = "moeplace_all_reduce")]
    internal static partial int all_reduce(nint group, nint tensor);

    [LibraryImport(Library, EntryPoint = "moeplace_broadcast")]
    internal static partial int broadcast(nint group, nint tensor, int root);

    [LibraryImport(Library, EntryPoint = "moeplace_barrier")]
    internal static partial int barrier(nint group);

    [LibraryImport(Library, EntryPoint = "moeplace_version")]
    internal static partial nint version();

    [LibraryImport(Library, EntryPoint = "moeplace_set_threads")]
    internal static partial int set_threads(int threads);

    [LibraryImport(Library, EntryPoint = "moeplace_threads")]
    internal static partial int threads();

    [LibraryImport(Library, EntryPoint = "moeplace_cuda_devices")]
    internal static partial int cuda_devices();

    [LibraryImport(Library, EntryPoint = "moeplace_cuda_name")]
    internal static partial int cuda_name(int index, byte* name, int bytes, int* driver);

    [LibraryImport(Library, EntryPoint = "moeplace_cuda_synchronize")]
    internal static partial int cuda_synchronize();

    [LibraryImport(Library, EntryPoint = "moeplace_cuda_allocated")]
    internal static partial int cuda_allocated(int index, long* bytes);
}
