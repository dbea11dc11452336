using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text.Json;

namespace MoEPlace.Traces.Safetensors;

/// <summary>
/// The header of a safetensors file: eight bytes with its length, then JSON that names each tensor and, under <c>__metadata__</c>,
/// strings of one's own.
/// </summary>
/// <param name="Tensors">By name, in ordinal order.</param>
/// <param name="Metadata">By key, in ordinal order.</param>
/// <param name="DataOffset">Where the data begins in the file.</param>
public sealed record SafetensorsHeader(
    ImmutableSortedDictionary<string, SafetensorsTensor> Tensors,
    ImmutableSortedDictionary<string, string> Metadata,
    long DataOffset)
{
    private const long LongestHeader = 100_000_000;

    /// <summary>Reads and checks a header: every tensor lies in the file, has the length of its shape and overlaps no other.</summary>
    /// <exception cref="InputException">It is not a safetensors header.</exception>
    public static SafetensorsHeader Read(Stream stream, string file)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var length = stream.Length;
        Span<byte> prefix = stackalloc byte[8];
        if (length < 8 || stream.ReadAtLeast(prefix, 8, throwOnEndOfStream: false) < 8)
            throw new InputException(file, "size", length, "8 bytes of header length, a JSON header and data (safetensors)");
        var headerLength = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (headerLength < 2 || headerLength > LongestHeader || (long)headerLength > length - 8)
            throw new InputException(file, "header length", headerLength, $"2 to {Math.Min(LongestHeader, length - 8)} (safetensors)");
        var json = new byte[headerLength];
        stream.ReadExactly(json);
        return Parse(json, file, 8 + (long)headerLength, length);
    }

    /// <summary>The bytes of a header over tensors that are laid out one after another in the given order, padded to 8 bytes.</summary>
    public static (byte[] Bytes, ImmutableArray<long> Begins, long DataBytes) Build(
        IReadOnlyList<(string Name, string DType, ImmutableArray<long> Shape)> tensors, IEnumerable<KeyValuePair<string, string>> metadata)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        ArgumentNullException.ThrowIfNull(metadata);
        using var json = new MemoryStream();
        json.Write(stackalloc byte[8]);
        var begins = ImmutableArray.CreateBuilder<long>();
        var offset = 0L;
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("__metadata__");
            foreach (var (key, value) in metadata)
                writer.WriteString(key, value);
            writer.WriteEndObject();
            foreach (var (name, dtype, shape) in tensors)
            {
                var bytes = shape.Aggregate((long)SafetensorsTensor.BytesOf(dtype), (a, b) => checked(a * b));
                writer.WriteStartObject(name);
                writer.WriteString("dtype", dtype);
                writer.WriteStartArray("shape");
                foreach (var size in shape)
                    writer.WriteNumberValue(size);
                writer.WriteEndArray();
                writer.WriteStartArray("data_offsets");
                writer.WriteNumberValue(offset);
                writer.WriteNumberValue(offset + bytes);
                writer.WriteEndArray();
                writer.WriteEndObject();
                begins.Add(offset);
                offset += bytes;
            }
            writer.WriteEndObject();
        }
        while (json.Length % 8 != 0)
            json.WriteByte((byte)' ');
        var result = json.ToArray();
        BinaryPrimitives.WriteInt64LittleEndian(result, result.Length - 8);
        return (result, begins.ToImmutable(), offset);
    }

    private static SafetensorsHeader Parse(byte[] json, string file, long dataOffset, long length)
    {
        var tensors = ImmutableSortedDictionary.CreateBuilder<string, SafetensorsTensor>(StringComparer.Ordinal);
        var metadata = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        var faults = new InputFaults(file);
        try
        {
            using var document = JsonDocument.Parse(json, JsonFile.Options);
            foreach (var entry in document.RootElement.EnumerateObject())
            {
                if (entry.Name == "__metadata__")
                    foreach (var pair in entry.Value.EnumerateObject())
                        metadata[pair.Name] = pair.Value.GetString() ?? "";
                else
                    tensors[entry.Name] = ParseTensor(entry.Value);
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new InputException(file, "header", e.Message, "JSON of dtype, shape and data_offsets by tensor (safetensors)");
        }
        var reached = 0L;
        foreach (var (name, tensor) in tensors.OrderBy(t => t.Value.Begin).ThenBy(t => t.Value.End))
        {
            CheckTensor(name, tensor, reached, length - dataOffset, faults);
            reached = Math.Max(reached, tensor.End);
        }
        faults.ThrowIfAny();
        return new SafetensorsHeader(tensors.ToImmutable(), metadata.ToImmutable(), dataOffset);
    }

    private static SafetensorsTensor ParseTensor(JsonElement element)
    {
        var offsets = element.GetProperty("data_offsets");
        if (offsets.GetArrayLength() != 2)
            throw new FormatException("data_offsets is not a pair.");
        return new SafetensorsTensor(
            element.GetProperty("dtype").GetString() ?? "",
            [.. element.GetProperty("shape").EnumerateArray().Select(d => d.GetInt64())],
            offsets[0].GetInt64(),
            offsets[1].GetInt64());
    }

    private static void CheckTensor(string name, SafetensorsTensor tensor, long reached, long dataBytes, InputFaults faults)
    {
        var width = SafetensorsTensor.BytesOf(tensor.DType);
        if (!faults.Require(width > 0, $"{name}.dtype", tensor.DType, "a safetensors type (U8, I32, F16, …)"))
            return;
        Int128 bytes = width;
        foreach (var size in tensor.Shape)
        {
            if (!faults.Require(size >= 0, $"{name}.shape", size, "0 or more"))
                return;
            bytes = bytes > dataBytes && size > 0 ? bytes : bytes * size;
        }
        if (faults.Require(
                tensor.Begin >= reached && tensor.End >= tensor.Begin, $"{name}.data_offsets", $"[{tensor.Begin}, {tensor.End}]",
                $"from {reached} on, rising, no overlap")
            && faults.Require(
                tensor.End <= dataBytes, $"{name}.data_offsets", tensor.End,
                $"at most {dataBytes}: the file is cut short or the header is wrong"))
            faults.Require(
                bytes == tensor.End - tensor.Begin, $"{name}.shape", string.Join(" x ", tensor.Shape),
                $"{tensor.End - tensor.Begin} bytes of {tensor.DType}");
    }
}
