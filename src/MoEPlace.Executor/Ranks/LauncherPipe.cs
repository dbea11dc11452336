namespace MoEPlace.Executor.Ranks;

/// <summary>
/// The pipe that ties a rank to the launcher that started it: its standard input, whose other end the system closes when the launcher is
/// gone, however it went.
/// </summary>
public static class LauncherPipe
{
    /// <summary>Set to 1 by a launcher that holds the other end.</summary>
    public const string Variable = "MOEPLACE_LAUNCHER_PIPE";

    /// <summary>Whether a launcher holds the other end.</summary>
    public static bool IsHeld => Environment.GetEnvironmentVariable(Variable) == "1";

    /// <summary>Waits, on a thread of its own, for the launcher to go.</summary>
    /// <param name="gone">What to do then, also while other threads are inside native code.</param>
    public static void Watch(Action gone)
    {
        ArgumentNullException.ThrowIfNull(gone);
        var watch = new Thread(() =>
        {
            try
            {
                using var pipe = Console.OpenStandardInput();
                while (pipe.ReadByte() >= 0)
                {
                }
            }
            catch (IOException)
            {
                // A broken pipe says the same.
            }
            gone();
        })
        {
            IsBackground = true,
            Name = "launcher",
        };
        watch.Start();
    }
}
