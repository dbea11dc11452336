using System.Runtime.InteropServices;

namespace MoEPlace.Torch.Abi;

// What native/tensors.cpp export.
internal static unsafe partial class NativeTorch
{
    [LibraryImport(Library, EntryPoint = "moeplace_error")]
    internal static partial nint error();

    [LibraryImport(Library, EntryPoint = "moeplace_empty")]
    internal static partial nint empty(long* shape, int dims, int dtype, int device);

    [LibraryImport(Library, EntryPoint = "moeplace_full")]
    internal static partial nint full(long* shape, int dims, double value, int dtype, int device);

    [LibraryImport(Library, EntryPoint = "moeplace_arange")]
    internal static partial nint arange(long start, long end, int dtype, int device);

    [LibraryImport(Library, EntryPoint = "moeplace_from_data")]
    internal static partial nint from_data(void* data, long bytes, long* shape, int dims, int dtype, int device);

    [LibraryImport(Library, EntryPoint = "moeplace_free")]
    internal static partial void free(nint tensor);

    [LibraryImport(Library, EntryPoint = "moeplace_dim")]
    internal static partial int dim(nint tensor);

    [LibraryImport(Library, EntryPoint = "moeplace_shape")]
    internal static partial void shape(nint tensor, long* shape);

    [LibraryImport(Library, EntryPoint = "moeplace_dtype")]
    internal static partial int dtype(nint tensor);

    [LibraryImport(Library, EntryPoint = "moeplace_device")]
    internal static partial int device(nint tensor);

    [LibraryImport(Library, EntryPoint = "moeplace_storage_bytes")]
    internal static partial int storage_bytes(nint tensor, long* bytes);

    [LibraryImport(Library, EntryPoint = "moeplace_data")]
    internal static partial nint data(nint tensor);

    [LibraryImport(Library, EntryPoint = "moeplace_read")]
    internal static partial int read(nint tensor, void* destination, long bytes);

    [LibraryImport(Library, EntryPoint = "moeplace_copy_")]
    internal static partial int copy_(nint tensor, nint source);

    [LibraryImport(Library, EntryPoint = "moeplace_fill_")]
    internal static partial int fill_(nint tensor, double value);

    [LibraryImport(Library, EntryPoint = "moeplace_to")]
    internal static partial nint to(nint tensor, int dtype, int device);

    [LibraryImport(Library, EntryPoint = "moeplace_clone")]
    internal static partial nint clone(nint tensor);

    [LibraryImport(Library, EntryPoint = "moeplace_detach")]
    internal static partial nint detach(nint tensor);

    [LibraryImport(Library, EntryPoint = "moeplace_contiguous")]
    internal static partial nint contiguous(nint tensor);

    [LibraryImport(Library, EntryPoint = "moeplace_view_dtype")]
    internal static partial nint view_dtype(nint tensor, int dtype);

    [LibraryImport(Library, EntryPoint = "moeplace_reshape")]
    internal static partial nint reshape(nint tensor, long* shape, int dims);

    [LibraryImport(Library, EntryPoint = "moeplace_view")]
    internal static partial nint view(nint tensor, long* shape, int dims);

    [LibraryImport(Library, EntryPoint = "moeplace_expand")]
    internal static partial nint expand(nint tensor, long* shape, int dims);

    [LibraryImport(Library, EntryPoint = "moeplace_permute")]
    internal static partial nint permute(nint tensor, long* order, int dims);

    [LibraryImport(Library, EntryPoint = "moeplace_transpose")]
    internal static partial nint transpose(nint tensor, long a, long b);

    [LibraryImport(Library, EntryPoint = "moeplace_unsqueeze")]
    internal static partial nint unsqueeze(nint tensor, long dim);

    [LibraryImport(Library, EntryPoint = "moeplace_squeeze")]
    internal static partial nint squeeze(nint tensor, long dim);
}
