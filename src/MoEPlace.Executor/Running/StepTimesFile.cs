using System.Collections.Immutable;
using System.Text.Json;

namespace MoEPlace.Executor.Running;

/// <summary>How long the steps of a run took, phase by phase: what <c>run</c> writes with <c>--times</c>, <c>moeplace.times/1</c>.</summary>
/// <param name="Format">Always <see cref="FormatName"/>.</param>
/// <param name="Phases">The names of the phases.</param>
/// <param name="Steps">Every step, in order.</param>
public sealed record StepTimesFile(string Format, ImmutableArray<string> Phases, ImmutableArray<StepTimesFile.Step> Steps)
{
    /// <summary>What the file says that it is.</summary>
    public const string FormatName = "moeplace.times/1";

    /// <summary>One step.</summary>
    /// <param name="Tokens">Tokens that ran, over all ranks.</param>
    /// <param name="Prefill">Whether they were prompts; else each is the next of its sequence.</param>
    /// <param name="Seconds">Mean over ranks.</param>
    /// <param name="PhaseSeconds">[phases] of that; they add up to it.</param>
    public sealed record Step(int Tokens, bool Prefill, double Seconds, ImmutableArray<double> PhaseSeconds);

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
                .. times.Seconds.Select((seconds, step) => new Step(
                    times.Tokens[step], times.Prefill[step], seconds, [.. phases.Select(phase => times.Of(step, phase))])),
            ]);
    }

    /// <summary>Reads the file.</summary>
    /// <exception cref="InputException">It is missing or no such file.</exception>
    public static StepTimesFile Read(string path) => StrictJson.Read<StepTimesFile>(path, FormatName);

    /// <summary>Writes the file, whole or not at all.</summary>
    /// <exception cref="InputException">The path cannot be written.</exception>
    public void Write(string path) => OutputFile.Write(path, stream => JsonSerializer.Serialize(stream, this, StrictJson.OneLine));
}
