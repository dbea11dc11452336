using MoEPlace.Torch;

namespace MoEPlace.Executor.Models;

/// <summary>down(silu(gate x) * up x) (Shazeer 2020, SwiGLU): the MLP of a dense layer, or the shared experts of a layer as one.</summary>
internal sealed class FeedForward(TransformerConfig model, string prefix, int width, WeightSource weight)
{
    private readonly Tensor gate = weight(prefix + "gate_proj.weight", width, model.HiddenSize);
    private readonly Tensor up = weight(prefix + "up_proj.weight", width, model.HiddenSize);
    private readonly Tensor down = weight(prefix + "down_proj.weight", model.HiddenSize, width);

    internal Tensor Forward(Tensor hidden) => torch.nn.functional.linear(
        torch.nn.functional.linear(hidden, gate).silu() * torch.nn.functional.linear(hidden, up), down);
}
