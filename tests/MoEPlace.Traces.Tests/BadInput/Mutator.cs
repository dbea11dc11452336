using System.Buffers.Binary;

namespace MoEPlace.Traces.Tests.BadInput;

/// <summary>Damages files in the ways in which files get damaged, and in those that readers like least.</summary>
internal sealed class Mutator(SeedStream random)
{
    private static readonly long[] Numbers = [0, 1, -1, 127, 128, 255, 256, 65_535, 65_536, int.MaxValue, int.MinValue, long.MaxValue, long.MinValue];

    internal byte[] Damage(byte[] good)
    {
        var bytes = good.ToList();
        for (var times = 1 + random.Next(3); times > 0 && bytes.Count > 0; times--)
            Once(bytes);
        return [.. bytes];
    }

    private void Once(List<byte> bytes)
    {
        var at = random.Next(bytes.Count);
        var length = Math.Min(bytes.Count - at, 1 + random.Next(16));
        switch (random.Next(9))
        {
            case 0:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1:
                bytes[at] = (byte)random.Next(256);
                break;
            case 2:
                bytes.RemoveRange(at, random.Next(4) == 0 ? bytes.Count - at : length);
                break;
            case 3:
                bytes.InsertRange(at, bytes.GetRange(at, length));
                break;
            case 4:
                bytes.InsertRange(random.Next(bytes.Count), bytes.GetRange(at, length));
                break;
            case 5:
                Put(bytes, at, Numbers[random.Next(Numbers.Length)], 1 << random.Next(4));
                break;
            case 6 or 7:
                Digit(bytes, at);
                break;
            default:
                bytes.InsertRange(at, Enumerable.Range(0, length).Select(_ => (byte)random.Next(256)));
                break;
        }
    }

    private static void Put(List<byte> bytes, int at, long value, int width)
    {
        Span<byte> number = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(number, value);
        for (var i = 0; i < width && at + i < bytes.Count; i++)
            bytes[at + i] = number[i];
    }

    // Files with a text part have most of their meaning in its digits and punctuation.
    private void Digit(List<byte> bytes, int from)
    {
        for (var i = 0; i < Math.Min(200, bytes.Count); i++)
        {
            var at = (from + i) % bytes.Count;
            if (!char.IsAsciiDigit((char)bytes[at]))
                continue;
            bytes[at] = (byte)"0123456789-.eE,]}[{\""[random.Next(20)];
            return;
        }
    }
}
