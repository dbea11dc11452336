using System.Globalization;
using System.Runtime.InteropServices;

namespace MoEPlace.Executor.Applying;

/// <summary>
/// A fault on purpose, to see that a job survives it: MOEPLACE_DRILL="rank=2 point=Verified kind=Kill occurrence=1 attempt=0". It strikes once.
/// </summary>
/// <param name="Rank">Whom it strikes.</param>
/// <param name="Point">Where.</param>
/// <param name="Kind">What happens.</param>
/// <param name="Occurrence">At which passing of the point, 1 the first.</param>
/// <param name="Attempt">In which life of the job: 0 before any restart.</param>
public sealed partial record FaultDrill(int Rank, ApplyPoint Point, FaultKind Kind, int Occurrence = 1, int Attempt = 0)
{
    /// <summary>The variable that holds one.</summary>
    public const string Variable = "MOEPLACE_DRILL";

    private const int KillSignal = 9;

    /// <summary>The one that the environment of this process asks for; null for none.</summary>
    /// <exception cref="InputException">It is not one.</exception>
    public static FaultDrill? Read() => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } text ? Parse(text) : null;

    /// <summary>Reads one.</summary>
    /// <exception cref="InputException">It is not one; every fault is told.</exception>
    public static FaultDrill Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var faults = new InputFaults("environment");
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var cut = word.IndexOf('=', StringComparison.Ordinal);
            faults.Require(
                cut > 0 && values.TryAdd(word[..Math.Max(cut, 0)], word[(cut + 1)..]), Variable, word, "rank, point, kind, occurrence, attempt: each once");
        }
        var drill = new FaultDrill(
            Number("rank", 0, null), Name<ApplyPoint>("point"), Name<FaultKind>("kind"), Number("occurrence", 1, 1), Number("attempt", 0, 0));
        foreach (var (key, value) in values)
            faults.Require(false, Variable, $"{key}={value}", "rank, point, kind, occurrence, attempt");
        faults.ThrowIfAny();
        return drill;

        int Number(string key, int least, int? missing)
        {
            if (!values.Remove(key, out var value) && missing is { } given)
                return given;
            faults.Require(
                int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least, $"{Variable} {key}", value,
                $"{least} or more");
            return number;
        }

        T Name<T>(string key)
            where T : struct, Enum
        {
            values.Remove(key, out var value);
            faults.Require(
                Enum.TryParse<T>(value, out var name) && Enum.IsDefined(name), $"{Variable} {key}", value, string.Join(", ", Enum.GetNames<T>()));
            return name;
        }
    }

    /// <summary>Ends this process at once; what it handed to the system before stays.</summary>
    internal static void KillProcess()
    {
        _ = kill(Environment.ProcessId, KillSignal);
        // The signal is on its way.
        Thread.Sleep(Timeout.Infinite);
    }

    [LibraryImport("libc")]
    private static partial int kill(int process, int signal);
}
