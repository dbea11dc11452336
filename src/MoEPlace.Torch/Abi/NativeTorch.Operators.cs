using System.Runtime.InteropServices;

namespace MoEPlace.Torch.Abi;

// What native/operators.cpp export.
internal static unsafe partial class NativeTorch
{
    [LibraryImport(Library, EntryPoint = "moeplace_neg")]
    internal static partial nint neg(nint a);

    [LibraryImport(Library, EntryPoint = "moeplace_exp")]
    internal static partial nint exp(nint a);

    [LibraryImport(Library, EntryPoint = "moeplace_log")]
    internal static partial nint log(nint a);

    [LibraryImport(Library, EntryPoint = "moeplace_sqrt")]
    internal static partial nint sqrt(nint a);

    [LibraryImport(Library, EntryPoint = "moeplace_rsqrt")]
    internal static partial nint rsqrt(nint a);

    [LibraryImport(Library, EntryPoint = "moeplace_sigmoid")]
    internal static partial nint sigmoid(nint a);

    [LibraryImport(Library, EntryPoint = "moeplace_silu")]
    internal static partial nint silu(nint a);

    [LibraryImport(Library, EntryPoint = "moeplace_relu")]
    internal static partial nint relu(nint a);

    [LibraryImport(Library, EntryPoint = "moeplace_tanh")]
    internal static partial nint tanh(nint a);

    [LibraryImport(Library, EntryPoint = "moeplace_gelu")]
    internal static partial nint gelu(nint a);

    [LibraryImport(Library, EntryPoint = "moeplace_cos")]
    internal static partial nint cos(nint a);

    [LibraryImport(Library, EntryPoint = "moeplace_sin")]
    internal static partial nint sin(nint a);

    [LibraryImport(Library, EntryPoint = "moeplace_abs")]
    internal static partial nint abs(nint a);

    [LibraryImport(Library, EntryPoint = "moeplace_square")]
    internal static partial nint square(nint a);

    [LibraryImport(Library, EntryPoint = "moeplace_isfinite")]
    internal static partial nint isfinite(nint a);

    [LibraryImport(Library, EntryPoint = "moeplace_isnan")]
    internal static partial nint isnan(nint a);

    [LibraryImport(Library, EntryPoint = "moeplace_logical_not")]
    internal static partial nint logical_not(nint a);

    [LibraryImport(Library, EntryPoint = "moeplace_add")]
    internal static partial nint add(nint a, nint b);

    [LibraryImport(Library, EntryPoint = "moeplace_sub")]
    internal static partial nint sub(nint a, nint b);

    [LibraryImport(Library, EntryPoint = "moeplace_mul")]
    internal static partial nint mul(nint a, nint b);

    [LibraryImport(Library, EntryPoint = "moeplace_div")]
    internal static partial nint div(nint a, nint b);

    [LibraryImport(Library, EntryPoint = "moeplace_maximum")]
    internal static partial nint maximum(nint a, nint b);

    [LibraryImport(Library, EntryPoint = "moeplace_minimum")]
    internal static partial nint minimum(nint a, nint b);

    [LibraryImport(Library, EntryPoint = "moeplace_eq")]
    internal static partial nint eq(nint a, nint b);

    [LibraryImport(Library, EntryPoint = "moeplace_ne")]
    internal static partial nint ne(nint a, nint b);

    [LibraryImport(Library, EntryPoint = "moeplace_lt")]
    internal static partial nint lt(nint a, nint b);

    [LibraryImport(Library, EntryPoint = "moeplace_le")]
    internal static partial nint le(nint a, nint b);

    [LibraryImport(Library, EntryPoint = "moeplace_gt")]
    internal static partial nint gt(nint a, nint b);

    [LibraryImport(Library, EntryPoint = "moeplace_ge")]
    internal static partial nint ge(nint a, nint b);

    [LibraryImport(Library, EntryPoint = "moeplace_logical_and")]
    internal static partial nint logical_and(nint a, nint b);

    [LibraryImport(Library, EntryPoint = "moeplace_logical_or")]
    internal static partial nint logical_or(nint a, nint b);

    [LibraryImport(Library, EntryPoint = "moeplace_matmul")]
    internal static partial nint matmul(nint a, nint b);

    [LibraryImport(Library, EntryPoint = "moeplace_add_scalar")]
    internal static partial nint add_scalar(nint a, double b);

    [LibraryImport(Library, EntryPoint = "moeplace_sub_scalar")]
    internal static partial nint sub_scalar(nint a, double b);

    [LibraryImport(Library, EntryPoint = "moeplace_mul_scalar")]
    internal static partial nint mul_scalar(nint a, double b);

    [LibraryImport(Library, EntryPoint = "moeplace_div_scalar")]
    internal static partial nint div_scalar(nint a, double b);

    [LibraryImport(Library, EntryPoint = "moeplace_pow_scalar")]
    internal static partial nint pow_scalar(nint a, double b);

    [LibraryImport(Library, EntryPoint = "moeplace_eq_scalar")]
    internal static partial nint eq_scalar(nint a, double b);

    [LibraryImport(Library, EntryPoint = "moeplace_ne_scalar")]
    internal static partial nint ne_scalar(nint a, double b);

    [LibraryImport(Library, EntryPoint = "moeplace_lt_scalar")]
    internal static partial nint lt_scalar(nint a, double b);

    [LibraryImport(Library, EntryPoint = "moeplace_le_scalar")]
    internal static partial nint le_scalar(nint a, double b);

    [LibraryImport(Library, EntryPoint = "moeplace_gt_scalar")]
    internal static partial nint gt_scalar(nint a, double b);

    [LibraryImport(Library, EntryPoint = "moeplace_ge_scalar")]
    internal static partial nint ge_scalar(nint a, double b);

    [LibraryImport(Library, EntryPoint = "moeplace_remainder_scalar")]
    internal static partial nint remainder_scalar(nint a, double b);

    [LibraryImport(Library, EntryPoint = "moeplace_add_")]
    internal static partial int add_(nint a, nint b, double scale);

    [LibraryImport(Library, EntryPoint = "moeplace_mul_")]
    internal static partial int mul_(nint a, nint b);

    [LibraryImport(Library, EntryPoint = "moeplace_mul_scalar_")]
    internal static partial int mul_scalar_(nint a, double b);

    [LibraryImport(Library, EntryPoint = "moeplace_clamp")]
    internal static partial nint clamp(nint a, double least, double most);

    [LibraryImport(Library, EntryPoint = "moeplace_where")]
    internal static partial nint where(nint condition, nint a, nint b);

    [LibraryImport(Library, EntryPoint = "moeplace_masked_fill")]
    internal static partial nint masked_fill(nint a, nint mask, double value);

    [LibraryImport(Library, EntryPoint = "moeplace_sum")]
    internal static partial nint sum(nint a);

    [LibraryImport(Library, EntryPoint = "moeplace_mean")]
    internal static partial nint mean(nint a);

    [LibraryImport(Library, EntryPoint = "moeplace_max")]
    internal static partial nint max(nint a);

    [LibraryImport(Library, EntryPoint = "moeplace_all")]
    internal static partial nint all(nint a);

    [LibraryImport(Library, EntryPoint = "moeplace_any")]
    internal static partial nint any(nint a);

    [LibraryImport(Library, EntryPoint = "moeplace_sum_dim")]
    internal static partial nint sum_dim(nint a, long dim, int keep);

    [LibraryImport(Library, EntryPoint = "moeplace_mean_dim")]
    internal static partial nint mean_dim(nint a, long dim, int keep);

    [LibraryImport(Library, EntryPoint = "moeplace_amax")]
    internal static partial nint amax(nint a, long dim, int keep);

    [LibraryImport(Library, EntryPoint = "moeplace_argmax")]
    internal static partial nint argmax(nint a, long dim, int keep);

    [LibraryImport(Library, EntryPoint = "moeplace_logsumexp")]
    internal static partial nint logsumexp(nint a, long dim, int keep);

    [LibraryImport(Library, EntryPoint = "moeplace_cumsum")]
    internal static partial nint cumsum(nint a, long dim);

    [LibraryImport(Library, EntryPoint = "moeplace_softmax")]
    internal static partial nint softmax(nint a, long dim);

    [LibraryImport(Library, EntryPoint = "moeplace_log_softmax")]
    internal static partial nint log_softmax(nint a, long dim);

    [LibraryImport(Library, EntryPoint = "moeplace_tril")]
    internal static partial nint tril(nint a, long diagonal);
}
