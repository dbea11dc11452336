using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using MoEPlace.Executor.Applying;
using MoEPlace.Executor.Ranks;
using MoEPlace.Torch;

namespace MoEPlace.Executor.Jobs;

/// <summary>How far a job has come.</summary>
/// <param name="Epoch">The epoch of record.</param>
/// <param name="Sampled">[sequences] ids that were sampled.</param>
public sealed record JobState(Epoch Epoch, ImmutableArray<ImmutableArray<int>> Sampled)
{
    /// <summary>Ids that were sampled, over all sequences.</summary>
    public long Ids => Sampled.Sum(ids => (long)ids.Length);

    /// <summary>Tells all ranks what rank 0 knows, so that all begin alike; every rank calls it.</summary>
    /// <param name="group">The ranks.</param>
    /// <param name="device">Where tensors live that they exchange.</param>
    /// <param name="own">On rank 0 the state; else it is not looked at.</param>
    public static JobState Share(IRankGroup group, TorchDevice device, JobState? own)
    {
        ArgumentNullException.ThrowIfNull(group);
        using var scope = torch.NewDisposeScope();
        byte[] mine = group.Rank == 0 ? own!.ToBytes() : [];
        var lengths = new long[group.Size];
        lengths.AsSpan().Fill(mine.Length);
        var counts = group.AllToAll(lengths, 1);
        var all = group.AllGather(torch.tensor<byte>(mine, [mine.Length], device), counts);
        return group.Rank == 0 ? own! : Of(all.ToArray<byte>());
    }

    private byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(
        new Message(Epoch.Number, ExpertPlacementFile.ToJson(Epoch.Placement), Sampled), StrictJson.OneLine);

    private static JobState Of(byte[] bytes)
    {
        const string source = "rank 0";
        var told = StrictJson.Parse<Message>(Encoding.UTF8.GetString(bytes), source, "");
        return new JobState(new Epoch(told.Epoch, ExpertPlacementFile.Parse(told.Placement, source)), told.Sampled);
    }

    private sealed record Message(int Epoch, string Placement, ImmutableArray<ImmutableArray<int>> Sampled);
}
