using System.Globalization;
using System.Runtime.InteropServices;

namespace MoEPlace.Service.Applies;

/// <summary>
/// A fault on purpose, to see that nothing is lost by it: MOEPLACE_DRILL_SERVICE="point=AfterMoving occurrence=1" ends the process by SIGKILL there.
/// </summary>
/// <param name="strike">What happens at each point, in the order in which they are passed.</param>
public sealed partial class ServiceDrill(Func<ServicePoint, ValueTask> strike)
{
    /// <summary>The variable that holds one.</summary>
    public const string Variable = "MOEPLACE_DRILL_SERVICE";

    private const int KillSignal = 9;

    /// <summary>The one that the environment asks for; null for none.</summary>
    /// <exception cref="InputException">It is not one.</exception>
    public static ServiceDrill? Read()
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { Length: > 0 } text)
            return null;
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var left = 1;
        var faults = new InputFaults("environment");
        var named = words.Length is 1 or 2 && words[0].StartsWith("point=", StringComparison.Ordinal)
            && Enum.TryParse<ServicePoint>(words[0]["point=".Length..], out var point) && Enum.IsDefined(point) ? point : (ServicePoint?)null;
        faults.Require(named is not null, Variable, text, $"point=NAME [occurrence=N], NAME one of {string.Join(", ", Enum.GetNames<ServicePoint>())}");
        faults.Require(
            words.Length < 2 || (words[1].StartsWith("occurrence=", StringComparison.Ordinal)
                && int.TryParse(words[1]["occurrence=".Length..], NumberStyles.None, CultureInfo.InvariantCulture, out left) && left >= 1),
            $"{Variable} occurrence", text, "1 or more");
        faults.ThrowIfAny();
        return new ServiceDrill(passed =>
        {
            if (passed == named && Interlocked.Decrement(ref left) == 0)
            {
                _ = kill(Environment.ProcessId, KillSignal);
                Thread.Sleep(Timeout.Infinite);
            }
            return ValueTask.CompletedTask;
        });
    }

    /// <summary>Passes the point before a phase is put on record.</summary>
    internal ValueTask BeforeAsync(ApplyPhase phase) => strike(PointOf(phase, ServicePoint.BeforeAsked));

    /// <summary>Passes the point after it.</summary>
    internal ValueTask AfterAsync(ApplyPhase phase) => strike(PointOf(phase, ServicePoint.AfterAsked));

    /// <summary>Two points for each phase; all phases that are over share the last two.</summary>
    private static ServicePoint PointOf(ApplyPhase phase, ServicePoint first) => first + 2 * Math.Min((int)phase, (int)ApplyPhase.Kept);

    [LibraryImport("libc")]
    private static partial int kill(int process, int signal);
}
