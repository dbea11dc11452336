using System.Numerics;

namespace MoEPlace.Placement.Copies;

/// <summary>The tokens of an expert as its replicas take them in turn: made when asked for, then kept.</summary>
/// <param name="tokens">The recording.</param>
internal sealed unsafe class CopyTurns(TokenBits tokens)
{
    private readonly BitRows?[]?[] made = new BitRows?[tokens.Layers * tokens.Experts][];

    /// <summary>The tokens that one of the replicas of an expert serves.</summary>
    /// <param name="row">layer * experts + expert.</param>
    /// <param name="replicas">1 or more.</param>
    /// <param name="turn">0 to replicas - 1.</param>
    public ulong* Chosen(int row, int replicas, int turn) => replicas == 1 ? tokens.Chosen.Row(row) : Of(row, replicas).Row(turn);

    /// <summary>Those whose top-1 it is; null at home.</summary>
    public ulong* Top(int row, int replicas, int turn) =>
        tokens.Top is not { } top ? null
        : replicas == 1 ? top.Row(row)
        : Of(row, replicas).Row(replicas + turn);

    private BitRows Of(int row, int replicas)
    {
        var ofRow = made[row] ??= [];
        if (ofRow.Length <= replicas)
            Array.Resize(ref made[row], replicas + 1);
        return made[row]![replicas] ??= Make(row, replicas);
    }

    private BitRows Make(int row, int replicas)
    {
        var tops = tokens.Top is not null;
        var rows = new BitRows(tops ? 2 * replicas : replicas, tokens.Words);
        var all = tokens.Chosen.Row(row);
        var repeats = tokens.Repeats(row);
        var (use, repeat) = (0L, 0);
        for (var word = 0; word < tokens.Words; word++)
            for (var left = all[word]; left != 0; left &= left - 1)
            {
                var token = word * 64 + BitOperations.TrailingZeroCount(left);
                var turn = (int)(use++ % replicas);
                rows.Set(turn, token);
                if (tops && (tokens.Top!.Row(row)[word] & left & (0 - left)) != 0)
                    rows.Set(replicas + turn, token);
                for (; repeats is not null && repeat < repeats.Count && repeats[repeat] == token; repeat++)
                    rows.Set((int)(use++ % replicas), token);
            }
        return rows;
    }
}
