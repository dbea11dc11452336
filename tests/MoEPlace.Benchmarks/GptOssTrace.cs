using System.Buffers.Binary;
using System.Collections.Immutable;
using MoEPlace.Traces;

namespace MoEPlace.Benchmarks;

/// <summary>The recorded routing of gpt-oss-20b, repeated to any number of tokens.</summary>
internal static class GptOssTrace
{
    private const int Layers = 24;
    private const int TopK = 4;
    private const int Experts = 32;
    private const int BlockTokens = 1 << 14;

    /// <summary>Writes a trace of <paramref name="tokens"/> tokens.</summary>
    /// <param name="path">Where it shall stand.</param>
    /// <param name="tokens">1 or more.</param>
    /// <exception cref="InputException">The recording is not there.</exception>
    internal static void Write(string path, long tokens)
    {
        var ids = Recording();
        var width = Layers * TopK;
        var recorded = ids.Length / width;
        var model = new MoEModel("gpt-oss-20b", Layers, [.. Enumerable.Range(0, Layers)], Experts, TopK);
        var header = new TraceHeader(
            model, TraceOrigin.Measured, "gpt-oss-20b, repeated", "Apache-2.0", ChoiceOrder.ByWeight, ImmutableArray<string>.Empty);
        using var writer = new RoutingTraceWriter(path, header, tokens, TraceColumns.None);
        for (long done = 0; done < tokens;)
        {
            var from = (int)(done % recorded);
            var now = (int)Math.Min(Math.Min(BlockTokens, tokens - done), recorded - from);
            var experts = new ushort[now * width];
            for (var i = 0; i < experts.Length; i++)
                experts[i] = ids[from * width + i];
            var (first, sequence, position) = (done, new int[now], new int[now]);
            for (var i = 0; i < now; i++)
                (sequence[i], position[i]) = ((int)((first + i) / 512), (int)((first + i) % 512));
            writer.Append(new TraceRows(experts, sequence, position));
            done += now;
        }
        writer.Complete();
    }

    private static byte[] Recording()
    {
        const string name = "data/traces/gpt-oss-20b/subset.ids.u8.npy";
        var shared = Environment.GetEnvironmentVariable("MOEPLACE_SHARED");
        string[] places = shared is null
            ? [Path.Combine("..", "shared", name)]
            : [Path.Combine(shared, name), Path.Combine(shared, name["data/".Length..])];
        var path = places.FirstOrDefault(File.Exists)
            ?? throw new InputException(places[0], "file", "missing", "the recording; MOEPLACE_SHARED names the folder that holds data/");
        // npy version 1: magic, two version bytes, header length, header, data.
        var bytes = File.ReadAllBytes(path);
        return bytes[(10 + BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(8)))..];
    }
}
