namespace MoEPlace.Executor.Models;

/// <summary>How checkpoints call the experts of a layer: each matrix by itself, or all of them in two tensors (transformers 5).</summary>
internal static class ExpertNames
{
    internal const string StackedGateUp = "experts.gate_up_proj";
    internal const string StackedDown = "experts.down_proj";

    /// <summary>What the names of gate and experts begin with.</summary>
    internal static string Block(TransformerConfig model, int layer) =>
        $"model.layers.{layer}.{(model.Layout == ModelLayout.Mixtral ? "block_sparse_moe" : "mlp")}.";

    /// <summary>True for the name of a tensor of all experts of a layer.</summary>
    internal static bool IsStacked(string name) =>
        name.EndsWith(StackedGateUp, StringComparison.Ordinal) || name.EndsWith(StackedDown, StringComparison.Ordinal);

    /// <summary>Gate, up and down of one expert.</summary>
    internal static (string Gate, string Up, string Down) Of(TransformerConfig model, int layer, int expert)
    {
        var prefix = $"{Block(model, layer)}experts.{expert}.";
        return model.Layout == ModelLayout.Mixtral
            ? (prefix + "w1.weight", prefix + "w3.weight", prefix + "w2.weight")
            : (prefix + "gate_proj.weight", prefix + "up_proj.weight", prefix + "down_proj.weight");
    }
}
