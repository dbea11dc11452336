using System.Collections.Immutable;
using MoEPlace.Executor.Ranks;
using MoEPlace.Torch;

namespace MoEPlace.Executor.Training;

/// <summary>Makes of the gradients of all ranks their mean, in one exchange.</summary>
internal static class GradientSum
{
    /// <summary>Replaces the gradients of this rank by the mean over ranks; a parameter that met no token has a gradient of zero.</summary>
    /// <param name="group">The ranks; null for this one alone.</param>
    /// <param name="parameters">All that is trained, in one order on all ranks.</param>
    /// <param name="figures">Numbers of this rank that travel along, as many on all ranks.</param>
    /// <returns>The mean of each figure over ranks.</returns>
    internal static float[] Over(IRankGroup? group, ImmutableArray<(string Name, Tensor Value)> parameters, float[] figures)
    {
        foreach (var (_, value) in parameters)
            if (value.grad is null)
                (value.sum() * 0).backward();
        if (group is null or { Size: 1 })
            return figures;
        using var unwatched = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        Tensor[] gradients = [.. parameters.Select(p => p.Value.grad!)];
        var flat = torch.cat([.. gradients.Select(g => g.reshape(-1)), torch.tensor<float>(figures)]);
        group.AllReduce(flat);
        flat.mul_(1.0 / group.Size);
        var at = 0L;
        foreach (var gradient in gradients)
        {
            var count = gradient.NumberOfElements;
            gradient.copy_(flat.narrow(0, at, count).view(gradient.shape));
            at += count;
        }
        return flat.narrow(0, at, figures.Length).ToArray<float>();
    }
}
