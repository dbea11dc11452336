using MoEPlace.Torch.Abi;

namespace MoEPlace.Torch;

// Arithmetic, comparisons, reductions. Shapes of two operands are broadcast.
public sealed partial class Tensor
{
    /// <summary>Negated.</summary>
    public Tensor neg() => NativeTorch.Made(NativeTorch.neg(Handle));

    /// <summary>e to the power of each element.</summary>
    public Tensor exp() => NativeTorch.Made(NativeTorch.exp(Handle));

    /// <summary>Natural logarithm.</summary>
    public Tensor log() => NativeTorch.Made(NativeTorch.log(Handle));

    /// <summary>Square root.</summary>
    public Tensor sqrt() => NativeTorch.Made(NativeTorch.sqrt(Handle));

    /// <summary>One over the square root.</summary>
    public Tensor rsqrt() => NativeTorch.Made(NativeTorch.rsqrt(Handle));

    /// <summary>1 / (1 + e^-x).</summary>
    public Tensor sigmoid() => NativeTorch.Made(NativeTorch.sigmoid(Handle));

    /// <summary>x sigmoid(x).</summary>
    public Tensor silu() => NativeTorch.Made(NativeTorch.silu(Handle));

    /// <summary>max(x, 0).</summary>
    public Tensor relu() => NativeTorch.Made(NativeTorch.relu(Handle));

    /// <summary>Hyperbolic tangent.</summary>
    public Tensor tanh() => NativeTorch.Made(NativeTorch.tanh(Handle));

    /// <summary>x Phi(x), exact.</summary>
    public Tensor gelu() => NativeTorch.Made(NativeTorch.gelu(Handle));

    /// <summary>Cosine.</summary>
    public Tensor cos() => NativeTorch.Made(NativeTorch.cos(Handle));

    /// <summary>Sine.</summary>
    public Tensor sin() => NativeTorch.Made(NativeTorch.sin(Handle));

    /// <summary>Absolute value.</summary>
    public Tensor abs() => NativeTorch.Made(NativeTorch.abs(Handle));

    /// <summary>Square.</summary>
    public Tensor square() => NativeTorch.Made(NativeTorch.square(Handle));

    /// <summary>Bool: neither infinite nor not a number.</summary>
    public Tensor isfinite() => NativeTorch.Made(NativeTorch.isfinite(Handle));

    /// <summary>Bool: not a number.</summary>
    public Tensor isnan() => NativeTorch.Made(NativeTorch.isnan(Handle));

    /// <summary>Bool: is zero.</summary>
    public Tensor logical_not() => NativeTorch.Made(NativeTorch.logical_not(Handle));

    /// <summary>Sum.</summary>
    public Tensor add(Tensor other) => NativeTorch.Made(NativeTorch.add(Handle, HandleOf(other)));

    /// <summary>Difference.</summary>
    public Tensor sub(Tensor other) => NativeTorch.Made(NativeTorch.sub(Handle, HandleOf(other)));

    /// <summary>Product, element by element.</summary>
    public Tensor mul(Tensor other) => NativeTorch.Made(NativeTorch.mul(Handle, HandleOf(other)));

    /// <summary>Quotient.</summary>
    public Tensor div(Tensor other) => NativeTorch.Made(NativeTorch.div(Handle, HandleOf(other)));

    /// <summary>The greater, element by element.</summary>
    public Tensor maximum(Tensor other) => NativeTorch.Made(NativeTorch.maximum(Handle, HandleOf(other)));

    /// <summary>The lesser, element by element.</summary>
    public Tensor minimum(Tensor other) => NativeTorch.Made(NativeTorch.minimum(Handle, HandleOf(other)));

    /// <summary>Bool: equal.</summary>
    public Tensor eq(Tensor other) => NativeTorch.Made(NativeTorch.eq(Handle, HandleOf(other)));

    /// <summary>Bool: not equal.</summary>
    public Tensor ne(Tensor other) => NativeTorch.Made(NativeTorch.ne(Handle, HandleOf(other)));

    /// <summary>Bool: less.</summary>
    public Tensor lt(Tensor other) => NativeTorch.Made(NativeTorch.lt(Handle, HandleOf(other)));

    /// <summary>Bool: less or equal.</summary>
    public Tensor le(Tensor other) => NativeTorch.Made(NativeTorch.le(Handle, HandleOf(other)));

    /// <summary>Bool: greater.</summary>
    public Tensor gt(Tensor other) => NativeTorch.Made(NativeTorch.gt(Handle, HandleOf(other)));

    /// <summary>Bool: greater or equal.</summary>
    public Tensor ge(Tensor other) => NativeTorch.Made(NativeTorch.ge(Handle, HandleOf(other)));

    /// <summary>Bool: both not zero.</summary>
    public Tensor logical_and(Tensor other) => NativeTorch.Made(NativeTorch.logical_and(Handle, HandleOf(other)));

    /// <summary>Bool: either not zero.</summary>
    public Tensor logical_or(Tensor other) => NativeTorch.Made(NativeTorch.logical_or(Handle, HandleOf(other)));

    /// <summary>Matrix product over the last two dimensions.</summary>
    public Tensor matmul(Tensor other) => NativeTorch.Made(NativeTorch.matmul(Handle, HandleOf(other)));

    /// <summary>Sum.</summary>
    public Tensor add(double other) => NativeTorch.Made(NativeTorch.add_scalar(Handle, other));

    /// <summary>Difference.</summary>
    public Tensor sub(double other) => NativeTorch.Made(NativeTorch.sub_scalar(Handle, other));

    /// <summary>Product.</summary>
    public Tensor mul(double other) => NativeTorch.Made(NativeTorch.mul_scalar(Handle, other));

    /// <summary>Quotient.</summary>
    public Tensor div(double other) => NativeTorch.Made(NativeTorch.div_scalar(Handle, other));

    /// <summary>Power.</summary>
    public Tensor pow(double other) => NativeTorch.Made(NativeTorch.pow_scalar(Handle, other));

    /// <summary>Bool: equal.</summary>
    public Tensor eq(double other) => NativeTorch.Made(NativeTorch.eq_scalar(Handle, other));

    /// <summary>Bool: not equal.</summary>
    public Tensor ne(double other) => NativeTorch.Made(NativeTorch.ne_scalar(Handle, other));

    /// <summary>Bool: less.</summary>
    public Tensor lt(double other) => NativeTorch.Made(NativeTorch.lt_scalar(Handle, other));

    /// <summary>Bool: less or equal.</summary>
    public Tensor le(double other) => NativeTorch.Made(NativeTorch.le_scalar(Handle, other));

    /// <summary>Bool: greater.</summary>
    public Tensor gt(double other) => NativeTorch.Made(NativeTorch.gt_scalar(Handle, other));

    /// <summary>Bool: greater or equal.</summary>
    public Tensor ge(double other) => NativeTorch.Made(NativeTorch.ge_scalar(Handle, other));

    /// <summary>Remainder, with the sign of the divisor.</summary>
    public Tensor remainder(double other) => NativeTorch.Made(NativeTorch.remainder_scalar(Handle, other));

    /// <summary>Sum.</summary>
    public static Tensor operator +(Tensor a, Tensor b) => NativeTorch.Made(NativeTorch.add(HandleOf(a), HandleOf(b)));

    /// <summary>Sum.</summary>
    public static Tensor operator +(Tensor a, double b) => NativeTorch.Made(NativeTorch.add_scalar(HandleOf(a), b));

    /// <summary>Difference.</summary>
    public static Tensor operator -(Tensor a, Tensor b) => NativeTorch.Made(NativeTorch.sub(HandleOf(a), HandleOf(b)));

    /// <summary>Difference.</summary>
    public static Tensor operator -(Tensor a, double b) => NativeTorch.Made(NativeTorch.sub_scalar(HandleOf(a), b));

    /// <summary>Product, element by element.</summary>
    public static Tensor operator *(Tensor a, Tensor b) => NativeTorch.Made(NativeTorch.mul(HandleOf(a), HandleOf(b)));

    /// <summary>Product.</summary>
    public static Tensor operator *(Tensor a, double b) => NativeTorch.Made(NativeTorch.mul_scalar(HandleOf(a), b));

    /// <summary>Quotient.</summary>
    public static Tensor operator /(Tensor a, Tensor b) => NativeTorch.Made(NativeTorch.div(HandleOf(a), HandleOf(b)));

    /// <summary>Quotient.</summary>
    public static Tensor operator /(Tensor a, double b) => NativeTorch.Made(NativeTorch.div_scalar(HandleOf(a), b));

    /// <summary>Negated.</summary>
    public static Tensor operator -(Tensor a) => NativeTorch.Made(NativeTorch.neg(HandleOf(a)));

    /// <summary>Adds <paramref name="scale"/> times another tensor to this one.</summary>
    public Tensor add_(Tensor other, double scale = 1)
    {
        NativeTorch.Done(NativeTorch.add_(Handle, HandleOf(other), scale));
        return this;
    }

    /// <summary>Multiplies this tensor by another.</summary>
    public Tensor mul_(Tensor other)
    {
        NativeTorch.Done(NativeTorch.mul_(Handle, HandleOf(other)));
        return this;
    }

    /// <summary>Multiplies this tensor by a number.</summary>
    public Tensor mul_(double other)
    {
        NativeTorch.Done(NativeTorch.mul_scalar_(Handle, other));
        return this;
    }

    /// <summary>Each element, no less than <paramref name="least"/> and no more than <paramref name="most"/>.</summary>
    public Tensor clamp(double least, double most) => NativeTorch.Made(NativeTorch.clamp(Handle, least, most));

    /// <summary>Elements of <paramref name="yes"/> where this bool tensor is true, else of <paramref name="no"/>.</summary>
    public Tensor where(Tensor yes, Tensor no) => NativeTorch.Made(NativeTorch.where(Handle, HandleOf(yes), HandleOf(no)));

    /// <summary><paramref name="value"/> where <paramref name="mask"/> is true.</summary>
    public Tensor masked_fill(Tensor mask, double value) => NativeTorch.Made(NativeTorch.masked_fill(Handle, HandleOf(mask), value));

    /// <summary>Sum of all.</summary>
    public Tensor sum() => NativeTorch.Made(NativeTorch.sum(Handle));

    /// <summary>Mean of all.</summary>
    public Tensor mean() => NativeTorch.Made(NativeTorch.mean(Handle));

    /// <summary>The greatest of all.</summary>
    public Tensor max() => NativeTorch.Made(NativeTorch.max(Handle));

    /// <summary>Bool: none is zero.</summary>
    public Tensor all() => NativeTorch.Made(NativeTorch.all(Handle));

    /// <summary>Bool: one is not zero.</summary>
    public Tensor any() => NativeTorch.Made(NativeTorch.any(Handle));

    /// <summary>Sums along a dimension.</summary>
    public Tensor sum(long dimension, bool keepdim = false) => NativeTorch.Made(NativeTorch.sum_dim(Handle, dimension, keepdim ? 1 : 0));

    /// <summary>Means along a dimension.</summary>
    public Tensor mean(long dimension, bool keepdim = false) => NativeTorch.Made(NativeTorch.mean_dim(Handle, dimension, keepdim ? 1 : 0));

    /// <summary>The greatest along a dimension.</summary>
    public Tensor amax(long dimension, bool keepdim = false) => NativeTorch.Made(NativeTorch.amax(Handle, dimension, keepdim ? 1 : 0));

    /// <summary>Where the greatest is along a dimension.</summary>
    public Tensor argmax(long dimension, bool keepdim = false) => NativeTorch.Made(NativeTorch.argmax(Handle, dimension, keepdim ? 1 : 0));

    /// <summary>log of the sum of exponentials along a dimension.</summary>
    public Tensor logsumexp(long dimension, bool keepdim = false) => NativeTorch.Made(NativeTorch.logsumexp(Handle, dimension, keepdim ? 1 : 0));

    /// <summary>Running sums along a dimension.</summary>
    public Tensor cumsum(long dimension) => NativeTorch.Made(NativeTorch.cumsum(Handle, dimension));

    /// <summary>Exponentials over their sum along a dimension.</summary>
    public Tensor softmax(long dimension) => NativeTorch.Made(NativeTorch.softmax(Handle, dimension));

    /// <summary>Logarithm of softmax.</summary>
    public Tensor log_softmax(long dimension) => NativeTorch.Made(NativeTorch.log_softmax(Handle, dimension));

    /// <summary>The lower triangle of a matrix, up to a diagonal (0 the main one); zero above.</summary>
    public Tensor tril(long diagonal = 0) => NativeTorch.Made(NativeTorch.tril(Handle, diagonal));
}
