using System.Runtime.InteropServices;

namespace MoEPlace.Torch.Abi;

// What native/indexing.cpp and native/blocks.cpp export.
internal static unsafe partial class NativeTorch
{
    [LibraryImport(Library, EntryPoint = "moeplace_select")]
    internal static partial nint select(nint a, long dim, long index);

    [LibraryImport(Library, EntryPoint = "moeplace_narrow")]
    internal static partial nint narrow(nint a, long dim, long start, long length);

    [LibraryImport(Library, EntryPoint = "moeplace_index_select")]
    internal static partial nint index_select(nint a, long dim, nint index);

    [LibraryImport(Library, EntryPoint = "moeplace_gather")]
    internal static partial nint gather(nint a, long dim, nint index);

    [LibraryImport(Library, EntryPoint = "moeplace_scatter")]
    internal static partial nint scatter(nint a, long dim, nint index, nint source);

    [LibraryImport(Library, EntryPoint = "moeplace_scatter_add")]
    internal static partial nint scatter_add(nint a, long dim, nint index, nint source);

    [LibraryImport(Library, EntryPoint = "moeplace_index_add")]
    internal static partial nint index_add(nint a, long dim, nint index, nint source);

    [LibraryImport(Library, EntryPoint = "moeplace_index_add_")]
    internal static partial int index_add_(nint a, long dim, nint index, nint source);

    [LibraryImport(Library, EntryPoint = "moeplace_index_copy_")]
    internal static partial int index_copy_(nint a, long dim, nint index, nint source);

    [LibraryImport(Library, EntryPoint = "moeplace_index_put_pairs_")]
    internal static partial int index_put_pairs_(nint a, nint rows, nint columns, nint source);

    [LibraryImport(Library, EntryPoint = "moeplace_index_pairs")]
    internal static partial nint index_pairs(nint a, nint rows, nint columns);

    [LibraryImport(Library, EntryPoint = "moeplace_nonzero")]
    internal static partial nint nonzero(nint a);

    [LibraryImport(Library, EntryPoint = "moeplace_topk")]
    internal static partial int topk(nint a, long k, long dim, nint* values, nint* indices);

    [LibraryImport(Library, EntryPoint = "moeplace_sort")]
    internal static partial int sort(nint a, long dim, int descending, nint* values, nint* indices);

    [LibraryImport(Library, EntryPoint = "moeplace_bincount")]
    internal static partial nint bincount(nint a, long least);

    [LibraryImport(Library, EntryPoint = "moeplace_one_hot")]
    internal static partial nint one_hot(nint a, long classes);

    [LibraryImport(Library, EntryPoint = "moeplace_repeat_interleave")]
    internal static partial nint repeat_interleave(nint a, long repeats, long dim);

    [LibraryImport(Library, EntryPoint = "moeplace_flip")]
    internal static partial nint flip(nint a, long dim);

    [LibraryImport(Library, EntryPoint = "moeplace_cat")]
    internal static partial nint cat(nint* tensors, int count, long dim);

    [LibraryImport(Library, EntryPoint = "moeplace_stack")]
    internal static partial nint stack(nint* tensors, int count, long dim);

    [LibraryImport(Library, EntryPoint = "moeplace_rms_norm")]
    internal static partial nint rms_norm(nint x, nint weight, double epsilon);

    [LibraryImport(Library, EntryPoint = "moeplace_linear")]
    internal static partial nint linear(nint x, nint weight, nint bias);

    [LibraryImport(Library, EntryPoint = "moeplace_embedding")]
    internal static partial nint embedding(nint weight, nint ids);

    [LibraryImport(Library, EntryPoint = "moeplace_cross_entropy")]
    internal static partial nint cross_entropy(nint logits, nint targets);

    [LibraryImport(Library, EntryPoint = "moeplace_grouped_linear")]
    internal static partial nint grouped_linear(nint x, long* counts, nint weights);

    [LibraryImport(Library, EntryPoint = "moeplace_grouped_experts")]
    internal static partial nint grouped_experts(nint x, long* counts, nint gateUp, nint down);

    [LibraryImport(Library, EntryPoint = "moeplace_rotary")]
    internal static partial nint rotary(nint x, nint cosine, nint sine, int interleaved);

    [LibraryImport(Library, EntryPoint = "moeplace_attention")]
    internal static partial nint attention(nint q, nint k, nint v, nint mask, int causal, double scale);
}
