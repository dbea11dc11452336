namespace MoEPlace.Placement;

/// <summary>The threads that a search walks on.</summary>
internal static class SearchWorkers
{
    /// <summary>Fixed, and not the number of cores, so that results do not depend on the machine.</summary>
    public const int Count = 2;

    private static readonly TimeSpan ReportEvery = TimeSpan.FromMilliseconds(200);

    /// <summary>Lets every worker walk on a thread of its own, and returns when all are done.</summary>
    /// <param name="walk">Told the number of the worker.</param>
    /// <param name="report">Called several times a second meanwhile.</param>
    public static void Run(Action<int> walk, Action report)
    {
        var threads = new Task[Count];
        for (var w = 0; w < Count; w++)
        {
            var index = w;
            threads[w] = Task.Factory.StartNew(
                () => walk(index), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
        while (!Task.WaitAll(threads, ReportEvery))
            report();
    }
}
