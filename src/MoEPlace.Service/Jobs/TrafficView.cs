using MoEPlace.Service.Routing;

namespace MoEPlace.Service.Jobs;

/// <summary>Load and traffic of a job for a picture, little-endian on the wire: "MPT1", layers I32, ranks I32, ranksPerNode I32, tokens I64, then load F32
/// [layers, ranks] and traffic F32 [ranks, ranks] (empty, and so absent, of counts).</summary>
public static class TrafficView
{
    /// <summary>Content type.</summary>
    public const string Type = "application/vnd.moeplace.traffic";

    /// <summary>Bytes for the wire.</summary>
    public static byte[] Write(RoutingMeasures measures, int layers, int ranks, int ranksPerNode)
    {
        ArgumentNullException.ThrowIfNull(measures);
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write("MPT1"u8);
        writer.Write(layers);
        writer.Write(ranks);
        writer.Write(ranksPerNode);
        writer.Write(measures.Tokens);
        writer.Write(System.Runtime.InteropServices.MemoryMarshal.AsBytes(measures.Load.AsSpan()));
        writer.Write(System.Runtime.InteropServices.MemoryMarshal.AsBytes(measures.Traffic.AsSpan()));
        writer.Flush();
        return stream.ToArray();
    }
}
