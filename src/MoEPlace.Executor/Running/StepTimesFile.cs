using System.Collections.Immutable;
using System.Text.Json;

namespace MoEPlace.Executor.Running;

/// <summary>How long the steps of a run took, phase by phase: what <c>run</c> writes with <c>--times</c>, <c>moeplace.times/1</c>.</summary>
/// <param name="Format">Always <see cref="FormatName"/>.</param>
/// <param name="Phases">The names of the phases.</param>
/// <param name="Steps">Every step, in order.</param>
public sealed record StepTimesFile(string Format, ImmutableArray<string> Phases, ImmutableArray<TimedStep> Steps)
{
    /// <summary>What the file says that it is.</summary>
    public const string FormatName = "moeplace.times/1";

    /// <summary>The steps of a run.</summary>
    public static StepTimesFile Of(RunResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        var times = result.Times;
        var phases = Enum.GetValues<RunPhase>();
        return new StepTimesFile(
            FormatName,
            [.. phases.Select(phase => JsonNamingPolicy.CamelCase.ConvertName(phase.ToString()))],
            [
                .. times.Seconds.Select((seconds, step) => new TimedStep(
                    times.Tokens[step], times.Prefill[step], seconds, [.. phases.Select(phase => times.Of(step, phase))],
                    result.EpochOfStep[step], result.MovingOfStep[step])),
            ]);
    }

    /// <summary>Reads the file.</summary>
    /// <exception cref="InputException">It is missing or no such file.</exception>
    public static StepTimesFile Read(string path) => StrictJson.Read<StepTimesFile>(path, FormatName);

    /// <summary>Writes the file, whole or not at all.</summary>
    /// <exception cref="InputException">The path cannot be written.</exception>
    public void Write(string path) => OutputFile.Write(path, stream => JsonSerializer.Serialize(stream, this, StrictJson.OneLine));
}
