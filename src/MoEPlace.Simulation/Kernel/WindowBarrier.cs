namespace MoEPlace.Simulation.Kernel;

/// <summary>Lets all lanes end a window before any begins the next: spins for a while, since windows are short, then parks.</summary>
/// <param name="lanes">How many wait for each other.</param>
internal sealed class WindowBarrier(int lanes)
{
    // Some ten microseconds: about what parking and waking costs.
    private const int SpinsBeforeParking = 200;

    private readonly object gate = new();
    private readonly int spins = lanes <= Environment.ProcessorCount ? SpinsBeforeParking : 0;
    private int arrived;
    private int window;

    internal void Wait()
    {
        var mine = Volatile.Read(ref window);
        if (Interlocked.Increment(ref arrived) == lanes)
        {
            Volatile.Write(ref arrived, 0);
            lock (gate)
            {
                Volatile.Write(ref window, mine + 1);
                Monitor.PulseAll(gate);
            }
            return;
        }
        for (var i = 0; i < spins; i++)
        {
            if (Volatile.Read(ref window) != mine)
                return;
            Thread.SpinWait(10);
        }
        lock (gate)
        {
            while (Volatile.Read(ref window) == mine)
                Monitor.Wait(gate);
        }
    }
}
