using System.Runtime.InteropServices;
using System.Text;

namespace MoEPlace.Traces.Tests.Importers;

/// <summary>Makes safetensors files, independently of the code that reads them.</summary>
internal static class SafetensorsBytes
{
    internal static byte[] Of(params ReadOnlySpan<(string Name, string Type, long[] Shape, byte[] Data)> tensors)
    {
        var (entries, data) = (new List<string>(), new List<byte>());
        foreach (var (name, type, shape, bytes) in tensors)
        {
            entries.Add($$"""{{'"'}}{{name}}":{"dtype":"{{type}}","shape":[{{string.Join(',', shape)}}],"data_offsets":[{{data.Count}},{{data.Count + bytes.Length}}]}""");
            data.AddRange(bytes);
        }
        return With("{" + string.Join(',', entries) + "}", data.ToArray());
    }

    internal static byte[] With(string header, byte[] data)
    {
        var text = Encoding.UTF8.GetBytes(header);
        return [.. BitConverter.GetBytes((long)text.Length), .. text, .. data];
    }

    internal static byte[] Bytes<T>(params T[] values)
        where T : unmanaged => MemoryMarshal.AsBytes<T>(values).ToArray();
}
