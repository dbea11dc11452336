using MoEPlace.Torch.Abi;

namespace MoEPlace.Torch;

// Gradients.
public sealed partial class Tensor
{
    /// <summary>True when operations on it are remembered for <see cref="backward"/>.</summary>
    public bool requires_grad
    {
        get => NativeTorch.requires_grad(Handle) != 0;
        set => NativeTorch.Done(NativeTorch.set_requires_grad(Handle, value ? 1 : 0));
    }

    /// <summary>The gradient that <see cref="backward"/> has gathered; null before.</summary>
    public Tensor? grad => NativeTorch.grad(Handle) is var found && found != 0 ? NativeTorch.Made(found) : null;

    /// <summary>Adds the gradient of this number to <see cref="grad"/> of every tensor that it was made of.</summary>
    public void backward() => NativeTorch.Done(NativeTorch.backward(Handle));
}
