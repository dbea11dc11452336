namespace MoEPlace.Traces.Tests.Importers;

/// <summary>What a trace says, cell by cell, for comparing with what was put in.</summary>
internal static class Rows
{
    internal static ushort[] Experts(RoutingTrace trace, long token)
    {
        var experts = new ushort[trace.Layers * trace.TopK];
        trace.CopyExperts(token, 1, experts);
        return experts;
    }

    internal static int[] Sequences(RoutingTrace trace) => trace.Sequence(0, (int)trace.Tokens).ToArray();

    internal static int[] Positions(RoutingTrace trace) => trace.Position(0, (int)trace.Tokens).ToArray();
}
