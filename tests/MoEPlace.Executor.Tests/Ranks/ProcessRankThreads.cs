using MoEPlace.Executor.Ranks;
using MoEPlace.Torch;
using MoEPlace.Torch.Distributed;
using Xunit;

namespace MoEPlace.Executor.Tests.Ranks;

/// <summary>The group over c10d, each rank on a thread: what processes do, without their start.</summary>
internal static class ProcessRankThreads
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    internal static T[] Run<T>(int size, Func<IRankGroup, T> work)
    {
        using var store = TcpStore.Serve("127.0.0.1", 0, Patience);
        var failures = new Exception?[size];
        var results = new T[size];
        Thread[] threads = [.. Enumerable.Range(0, size).Select(rank => new Thread(() =>
        {
            try
            {
                using var scope = torch.NewDisposeScope();
                var environment = new RankEnvironment(rank, size, rank, size, "127.0.0.1", store.Port, false, 0);
                using var group = Rendezvous.Join(environment, TorchDevice.Cpu, Patience);
                results[rank] = work(group);
                group.Barrier();
            }
            catch (Exception e)
            {
                failures[rank] = e;
            }
        }))];
        foreach (var thread in threads)
            thread.Start();
        foreach (var thread in threads)
            thread.Join();
        Assert.All(failures, Assert.Null);
        return results;
    }
}
