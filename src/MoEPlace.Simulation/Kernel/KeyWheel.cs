using System.Numerics;

namespace MoEPlace.Simulation.Kernel;

/// <summary>
/// The events of the far future in unsorted buckets: with times written in base 64, an event lies in the bucket
/// (level, digit) of the highest digit in which its time differs from <see cref="Origin"/>. A bucket of a lower level is earlier than any
/// of a higher one, and within a level the lower digit is the earlier. (A radix heap, Ahuja et al. 1990, with the digits of a
/// hierarchical timing wheel, Varghese and Lauck 1987.) An event moves down at most once per level, whatever the distribution of times.
/// </summary>
internal sealed class KeyWheel
{
    private const int DigitBits = 6;
    private const int Digits = 1 << DigitBits;
    private const int Levels = 11;
    private const int PageKeys = 32;
    private const int None = -1;

    private readonly ulong[] occupied = new ulong[Levels];
    private readonly Bucket[] buckets = new Bucket[Levels * Digits];
    private EventKey[] keys = new EventKey[16 * PageKeys];
    private int[] nextPage = new int[16];
    private int freshPage;
    private int freePage = None;
    private uint occupiedLevels;

    /// <summary>Not later than any event here, and only ever raised to within the bucket that was opened last.</summary>
    internal long Origin { get; set; }

    internal bool IsEmpty => occupiedLevels == 0;

    /// <summary>Adds an event later than <see cref="Origin"/>.</summary>
    internal void Add(in EventKey key)
    {
        var level = BitOperations.Log2((ulong)(key.Time ^ Origin)) / DigitBits;
        var digit = (int)(key.Time >> (level * DigitBits)) & (Digits - 1);
        ref var bucket = ref buckets[level * Digits + digit];
        var within = bucket.Count++ & (PageKeys - 1);
        if (within == 0)
        {
            bucket.Page = TakePage(bucket.Page);
            occupied[level] |= 1UL << digit;
            occupiedLevels |= 1u << level;
        }
        keys[bucket.Page * PageKeys + within] = key;
    }

    /// <summary>
    /// Opens the earliest bucket. When it holds at most <paramref name="few"/> events they all go to the heap; else those of its first
    /// instant do, and the others move to lower levels.
    /// </summary>
    /// <returns>The end of the time that the heap now covers: everything earlier belongs there.</returns>
    internal ulong Open(KeyHeap heap, int few)
    {
        var level = BitOperations.TrailingZeroCount(occupiedLevels);
        var digit = BitOperations.TrailingZeroCount(occupied[level]);
        if ((occupied[level] &= occupied[level] - 1) == 0)
            occupiedLevels &= occupiedLevels - 1;
        ref var place = ref buckets[level * Digits + digit];
        var bucket = place;
        place = default;

        Origin = Earliest(bucket);
        var width = level * DigitBits;
        var end = bucket.Count > few ? (ulong)Origin + 1 : ((ulong)Origin >> width << width) + (1UL << width);
        while (bucket.Count > 0)
        {
            var start = bucket.Page * PageKeys;
            for (var i = start + ((bucket.Count - 1) & (PageKeys - 1)); i >= start; i--)
            {
                if ((ulong)keys[i].Time < end)
                    heap.Append(keys[i]);
                else
                    Add(keys[i]);
            }
            bucket = Drop(bucket);
        }
        heap.Order();
        return end;
    }

    private long Earliest(Bucket bucket)
    {
        var earliest = long.MaxValue;
        for (; bucket.Count > 0; bucket = Next(bucket))
        {
            var start = bucket.Page * PageKeys;
            foreach (ref readonly var key in keys.AsSpan(start, ((bucket.Count - 1) & (PageKeys - 1)) + 1))
                earliest = Math.Min(earliest, key.Time);
        }
        return earliest;
    }

    /// <summary>The bucket without its newest page; all pages but the newest are full.</summary>
    private Bucket Next(Bucket bucket) => new() { Count = (bucket.Count - 1) & -PageKeys, Page = nextPage[bucket.Page] };

    private Bucket Drop(Bucket bucket)
    {
        var rest = Next(bucket);
        nextPage[bucket.Page] = freePage;
        freePage = bucket.Page;
        return rest;
    }

    private int TakePage(int next)
    {
        var page = freePage;
        if (page != None)
            freePage = nextPage[page];
        else if ((page = freshPage++) == nextPage.Length)
        {
            Array.Resize(ref nextPage, 2 * page);
            Array.Resize(ref keys, 2 * page * PageKeys);
        }
        nextPage[page] = next;
        return page;
    }

    private struct Bucket
    {
        internal int Count;
        internal int Page;
    }
}
