using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace MoEPlace.Service.Routing;

/// <summary>Counts on the wire, little-endian: "MPC1", layers I32, experts I32, zero I32, tokens I64, then counts I32 [layers, experts]. A body is one frame.</summary>
public static class CountsFrame
{
    /// <summary>Bytes before the counts.</summary>
    public const int HeadBytes = 24;

    /// <summary>Tokens of a frame at most.</summary>
    public const long MostTokens = 1 << 24;

    private const uint Magic = 0x3143504D;

    /// <summary>Writes a frame.</summary>
    public static byte[] Write(long tokens, ReadOnlySpan<int> counts, int layers, int experts)
    {
        var bytes = new byte[Bytes(layers, experts)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), layers);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), experts);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(16), tokens);
        MemoryMarshal.AsBytes(counts).CopyTo(bytes.AsSpan(HeadBytes));
        return bytes;
    }

    /// <summary>Bytes of a frame.</summary>
    public static int Bytes(int layers, int experts) => checked(HeadBytes + layers * experts * sizeof(int));

    /// <summary>Reads a frame and checks every value.</summary>
    /// <param name="frame">The whole body.</param>
    /// <param name="model">The model.</param>
    /// <param name="counts">[layers, experts] where the counts go; longer does no harm.</param>
    /// <returns>Tokens.</returns>
    /// <exception cref="InputException">It is none, or a value is out of its range; every fault is told.</exception>
    public static long Read(ReadOnlySpan<byte> frame, MoEModel model, Span<int> counts)
    {
        ArgumentNullException.ThrowIfNull(model);
        var faults = new InputFaults("counts");
        var wanted = Bytes(model.Layers, model.Experts);
        if (faults.Require(frame.Length == wanted, "length", frame.Length, $"{wanted} bytes: {model.Layers} layers of {model.Experts} experts")
            && faults.Require(BinaryPrimitives.ReadUInt32LittleEndian(frame) == Magic, "magic", BinaryPrimitives.ReadUInt32LittleEndian(frame), "MPC1"))
        {
            var (layers, experts) = (BinaryPrimitives.ReadInt32LittleEndian(frame[4..]), BinaryPrimitives.ReadInt32LittleEndian(frame[8..]));
            faults.Require(layers == model.Layers, "layers", layers, $"{model.Layers}, as the model has");
            faults.Require(experts == model.Experts, "experts", experts, $"{model.Experts}, as the model has");
        }
        faults.ThrowIfAny();
        var tokens = BinaryPrimitives.ReadInt64LittleEndian(frame[16..]);
        faults.Require(tokens is >= 1 and <= MostTokens, "tokens", tokens, $"1 to {MostTokens}");
        var values = MemoryMarshal.Cast<byte, int>(frame[HeadBytes..]);
        for (var layer = 0; layer < model.Layers; layer++)
        {
            long sum = 0;
            for (var expert = 0; expert < model.Experts; expert++)
            {
                var value = values[layer * model.Experts + expert];
                if (value < 0 || value > tokens)
                    faults.Add($"counts[{layer}, {expert}]", value, $"0 to {tokens}, the tokens");
                sum += value;
            }
            faults.Require(sum <= tokens * model.TopK, $"counts[{layer}]", sum, $"at most {tokens} tokens x {model.TopK}");
        }
        faults.ThrowIfAny();
        values.CopyTo(counts);
        return tokens;
    }
}
