namespace MoEPlace.Traces.Statistics;

/// <summary>
/// Evenly spaced tokens of a trace, decoded and turned so that a layer lies together: all tokens unless there are very many.
/// </summary>
internal sealed class TokenSample
{
    private const int MostTokens = 1 << 18;
    private const int MostChoices = 1 << 26;
    private readonly int topK;
    private readonly ushort[][] choices;
    private readonly ushort[][] topOne;

    internal TokenSample(RoutingTrace trace)
    {
        (Layers, Experts, topK) = (trace.Layers, trace.Experts, trace.TopK);
        var width = Layers * topK;
        Tokens = (int)Math.Clamp(Math.Min(MostTokens, MostChoices / width), 1, trace.Tokens);
        HasTopOne = trace.HasTopOne;
        choices = Make(Tokens * topK);
        topOne = Make(HasTopOne ? Tokens : 0);
        var hasDomain = trace.Columns.HasFlag(TraceColumns.Domain);
        Domain = new byte[hasDomain ? Tokens : 0];
        var (row, best) = (new ushort[width], new ushort[Layers]);
        for (var token = 0; token < Tokens; token++)
        {
            var at = (long)((Int128)token * trace.Tokens / Tokens);
            trace.CopyExperts(at, 1, row);
            if (HasTopOne)
                trace.CopyTopOne(at, 1, row, best);
            for (var layer = 0; layer < Layers; layer++)
            {
                row.AsSpan(layer * topK, topK).CopyTo(choices[layer].AsSpan(token * topK));
                if (HasTopOne)
                    topOne[layer][token] = best[layer];
            }
            if (hasDomain)
                Domain[token] = trace.Domain(at, 1)[0];
        }

        ushort[][] Make(int length) => [.. Enumerable.Range(0, Layers).Select(_ => new ushort[length])];
    }

    /// <summary>Tokens of the sample.</summary>
    internal int Tokens { get; }

    internal int Layers { get; }

    internal int Experts { get; }

    internal bool HasTopOne { get; }

    /// <summary>[tokens], or empty.</summary>
    internal byte[] Domain { get; }

    /// <summary>[tokens, topK] of a layer; <see cref="RoutingTrace.NoExpert"/> for none.</summary>
    internal ushort[] Choices(int layer) => choices[layer];

    /// <summary>[tokens] of a layer; empty without a top-1.</summary>
    internal ushort[] TopOne(int layer) => topOne[layer];
}
