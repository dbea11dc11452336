using MoEPlace.Traces;

namespace MoEPlace.Placement.Bounds;

/// <summary>The tokens of a problem, layer by layer: what each chose, and where it comes from.</summary>
internal sealed class CopyTokens
{
    private CopyTokens(int layers, int experts, int topK, long tokens)
    {
        (Experts, TopK) = (experts, topK);
        Choices = [.. Enumerable.Range(0, layers).Select(_ => new ushort[tokens * topK])];
        TopOne = [.. Enumerable.Range(0, layers).Select(_ => new ushort[tokens])];
        Home = new int[tokens];
    }

    public int Experts { get; }

    public int TopK { get; }

    /// <summary>[layers][tokens, topK]; <see cref="RoutingTrace.NoExpert"/> for none.</summary>
    public ushort[][] Choices { get; }

    /// <summary>[layers][tokens]; <see cref="RoutingTrace.NoExpert"/> for none, and where the trace has no top-1.</summary>
    public ushort[][] TopOne { get; }

    /// <summary>[tokens] the home rank.</summary>
    public int[] Home { get; }

    /// <summary>Whether every token has an expert in every layer.</summary>
    public bool IsWhole => Array.TrueForAll(TopOne, layer => !layer.Contains(RoutingTrace.NoExpert));

    /// <summary>Reads the slice of a problem.</summary>
    public static CopyTokens Of(PlacementProblem problem)
    {
        var (slice, layers, topK) = (problem.Slice!, problem.Model.Layers, problem.Slice!.Trace.TopK);
        var read = new CopyTokens(layers, problem.Model.Experts, topK, slice.Tokens);
        var t = 0;
        foreach (var block in slice.Blocks())
            for (var i = 0; i < block.Count; i++, t++)
            {
                read.Home[t] = (block.Home[i] >= 0 ? block.Home[i] : block.SequenceOrdinal[i]) % problem.Cluster.Ranks;
                for (var l = 0; l < layers; l++)
                {
                    block.Experts.AsSpan((i * layers + l) * topK, topK).CopyTo(read.Choices[l].AsSpan(t * topK));
                    read.TopOne[l][t] = slice.Trace.HasTopOne ? block.TopOne[i * layers + l] : RoutingTrace.NoExpert;
                }
            }
        return read;
    }

    /// <summary>[tokens] the number of different experts of each token in a layer.</summary>
    public int[] Distinct(int layer)
    {
        var distinct = new int[Home.Length];
        for (var t = 0; t < distinct.Length; t++)
        {
            var choices = Choices[layer].AsSpan(t * TopK, TopK);
            for (var i = 0; i < choices.Length; i++)
                if (choices[i] != RoutingTrace.NoExpert && !choices[..i].Contains(choices[i]))
                    distinct[t]++;
        }
        return distinct;
    }
}
