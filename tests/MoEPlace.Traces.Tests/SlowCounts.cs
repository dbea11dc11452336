namespace MoEPlace.Traces.Tests;

/// <summary>What <see cref="RoutingCounts"/> counts, one choice after the other: its oracle.</summary>
internal sealed class SlowCounts
{
    internal SlowCounts(TraceSlice slice)
    {
        var trace = slice.Trace;
        var (layers, experts, topK) = (trace.Layers, trace.Experts, trace.TopK);
        Load = new long[layers, experts];
        Transitions = new long[layers, experts, experts];
        Coactivation = new long[layers, experts, experts];
        foreach (var block in slice.Blocks())
        {
            for (var cell = 0; cell < block.Count * layers; cell++)
            {
                var layer = cell % layers;
                var choices = block.Experts.AsSpan(cell * topK, topK);
                for (var i = 0; i < topK; i++)
                {
                    if (choices[i] == RoutingTrace.NoExpert)
                        continue;
                    Load[layer, choices[i]]++;
                    for (var j = 0; j < topK; j++)
                        if (j != i && choices[j] != RoutingTrace.NoExpert)
                            Coactivation[layer, choices[i], choices[j]]++;
                }
                if (block.TopOne.Length == 0 || layer == layers - 1)
                    continue;
                var (from, to) = (block.TopOne[cell], block.TopOne[cell + 1]);
                if (from != RoutingTrace.NoExpert && to != RoutingTrace.NoExpert)
                    Transitions[layer, from, to]++;
            }
        }
    }

    internal long[,] Load { get; }

    internal long[,,] Transitions { get; }

    internal long[,,] Coactivation { get; }
}
