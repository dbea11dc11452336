using System.Text;

namespace MoEPlace.Cli.Tests;

/// <summary>Writes npy files by hand.</summary>
internal static class NpyFiles
{
    internal static void Write(string path, string type, string shape, ReadOnlySpan<byte> data)
    {
        var header = $"{{'descr': '{type}', 'fortran_order': False, 'shape': ({shape}), }}";
        header = header.PadRight((10 + header.Length + 1 + 63) / 64 * 64 - 11) + '\n';
        byte[] magic = [0x93, .. "NUMPY"u8, 1, 0];
        File.WriteAllBytes(path, [.. magic, (byte)header.Length, (byte)(header.Length >> 8), .. Encoding.ASCII.GetBytes(header), .. data]);
    }
}
