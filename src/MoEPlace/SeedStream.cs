using System.Numerics;

namespace MoEPlace;

/// <summary>
/// A stream of pseudo-random numbers (xoshiro256**, Blackman and Vigna 2018, seeded by SplitMix64). One seed gives one stream per
/// subsystem, so that a draw more in one of them changes nothing in another.
/// </summary>
public sealed class SeedStream
{
    private ulong s0, s1, s2, s3;

    /// <summary>The stream of <paramref name="subsystem"/> under <paramref name="seed"/>.</summary>
    /// <param name="seed">The seed that the person gave.</param>
    /// <param name="subsystem">A fixed name, hashed by FNV-1a (the runtime's own string hash differs per process).</param>
    /// <param name="index">Tells several streams of one subsystem apart.</param>
    public SeedStream(long seed, string subsystem, long index = 0)
    {
        ArgumentNullException.ThrowIfNull(subsystem);
        var state = (ulong)seed;
        var hash = 14695981039346656037UL;
        foreach (var c in subsystem)
            hash = (hash ^ c) * 1099511628211UL;
        state = Mix(ref state) ^ hash;
        state = Mix(ref state) ^ (ulong)index;
        s0 = Mix(ref state);
        s1 = Mix(ref state);
        s2 = Mix(ref state);
        s3 = Mix(ref state);
    }

    /// <summary>64 uniform bits.</summary>
    public ulong NextBits()
    {
        var result = BitOperations.RotateLeft(s1 * 5, 7) * 9;
        var t = s1 << 17;
        s2 ^= s0;
        s3 ^= s1;
        s1 ^= s2;
        s0 ^= s3;
        s2 ^= t;
        s3 = BitOperations.RotateLeft(s3, 45);
        return result;
    }

    /// <summary>Uniform in [0, <paramref name="bound"/>), without bias (Lemire 2019).</summary>
    /// <param name="bound">1 or more.</param>
    public int Next(int bound)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bound, 1);
        var n = (uint)bound;
        var product = (ulong)(uint)(NextBits() >> 32) * n;
        if ((uint)product < n)
        {
            var threshold = (0u - n) % n;
            while ((uint)product < threshold)
                product = (ulong)(uint)(NextBits() >> 32) * n;
        }
        return (int)(product >> 32);
    }

    /// <summary>Uniform in [0, 1), 53 bits.</summary>
    public double NextDouble() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Shuffles in place (Fisher-Yates).</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (var i = items.Length - 1; i > 0; i--)
        {
            var j = Next(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    private static ulong Mix(ref ulong state)
    {
        var z = state += 0x9E3779B97F4A7C15UL;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }
}
