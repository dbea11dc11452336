using MoEPlace.Torch.Abi;

namespace MoEPlace.Torch;

/// <summary>Adam with decoupled weight decay (Loshchilov and Hutter 2019, algorithm 2), libtorch's.</summary>
public sealed unsafe class AdamW : IDisposable
{
    private readonly Tensor[] parameters;
    private nint optimizer;

    /// <summary>Makes one over parameters, which stay the caller's and must outlive it.</summary>
    /// <param name="parameters">What is trained; each needs <see cref="Tensor.requires_grad"/>.</param>
    /// <param name="learningRate">Above 0.</param>
    /// <param name="beta1">Decay of the first moment, 0 to below 1.</param>
    /// <param name="beta2">Decay of the second moment, 0 to below 1.</param>
    /// <param name="eps">Added to the root of the second moment.</param>
    /// <param name="weightDecay">Share of each parameter that a step at learning rate 1 would take away.</param>
    public AdamW(
        IEnumerable<Tensor> parameters, double learningRate, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8, double weightDecay = 0.01)
    {
        this.parameters = [.. parameters];
        fixed (nint* handles = torch.Handles(this.parameters))
            optimizer = NativeTorch.adamw(handles, this.parameters.Length, learningRate, beta1, beta2, eps, weightDecay);
        if (optimizer == 0)
            throw NativeTorch.Failure();
    }

    /// <summary>Moves every parameter that has a gradient.</summary>
    public void step() => NativeTorch.Done(NativeTorch.adamw_step(Alive));

    /// <summary>Forgets all gradients.</summary>
    public void zero_grad() => NativeTorch.Done(NativeTorch.adamw_zero_grad(Alive));

    /// <summary>The learning rate of the steps that follow.</summary>
    public void SetLearningRate(double rate) => NativeTorch.Done(NativeTorch.adamw_set_rate(Alive, rate));

    /// <summary>The moments of one parameter and the steps that made them; null moments before the first step.</summary>
    public (Tensor? First, Tensor? Second, long Steps) StateOf(int parameter)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)parameter, (uint)parameters.Length, nameof(parameter));
        nint first, second;
        long steps;
        NativeTorch.Done(NativeTorch.adamw_state(Alive, parameter, &first, &second, &steps));
        return first == 0 ? (null, null, 0) : (NativeTorch.Made(first), NativeTorch.Made(second), steps);
    }

    /// <summary>Puts the moments of one parameter back as <see cref="StateOf"/> told them; they are copied.</summary>
    public void SetState(int parameter, Tensor first, Tensor second, long steps)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)parameter, (uint)parameters.Length, nameof(parameter));
        NativeTorch.Done(NativeTorch.adamw_set_state(Alive, parameter, Tensor.HandleOf(first), Tensor.HandleOf(second), steps));
    }

    /// <summary>Scales the gradients of all parameters so that their norm is at most <paramref name="most"/>; tells what it was.</summary>
    public double ClipGradients(double most)
    {
        double norm;
        fixed (nint* handles = torch.Handles(parameters))
            NativeTorch.Done(NativeTorch.clip_grad_norm(handles, parameters.Length, most, &norm));
        return norm;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (optimizer != 0)
            NativeTorch.adamw_free(optimizer);
        optimizer = 0;
    }

    private nint Alive
    {
        get
        {
            ObjectDisposedException.ThrowIf(optimizer == 0, this);
            return optimizer;
        }
    }
}
