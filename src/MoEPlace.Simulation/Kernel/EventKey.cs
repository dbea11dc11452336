namespace MoEPlace.Simulation.Kernel;

/// <summary>
/// Where an event stands in the total order: time, then priority, source and the source's sequence. It holds no reference, so that it
/// moves between buckets without a write barrier; <see cref="Slot"/> says where the message is kept.
/// </summary>
/// <param name="Time">Picoseconds.</param>
/// <param name="Rank">Priority above source, so that one comparison decides both; see <see cref="RankOf"/>.</param>
/// <param name="Sequence">How many messages the source had told before, modulo 2^32: only those pending together are compared.</param>
/// <param name="Slot">Not part of the order.</param>
internal readonly record struct EventKey(long Time, ulong Rank, uint Sequence, int Slot)
{
    internal int Priority => (int)((uint)(Rank >> 32) ^ 0x8000_0000);

    internal int Source => (int)(uint)Rank - 1;

    internal static ulong RankOf(int priority, int source) => (ulong)((uint)priority ^ 0x8000_0000) << 32 | (uint)(source + 1);

    internal static bool Before(in EventKey a, in EventKey b) =>
        a.Time != b.Time ? a.Time < b.Time
        : a.Rank != b.Rank ? a.Rank < b.Rank
        : (int)(a.Sequence - b.Sequence) < 0;
}
