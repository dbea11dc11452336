using System.Globalization;
using MoEPlace.Executor.Training;

namespace MoEPlace.Cli;

/// <summary>Shows training on standard error.</summary>
/// <param name="writer">Standard error.</param>
/// <param name="keep">Is told as well.</param>
internal sealed class TrainingBar(TextWriter writer, Action<TrainingProgress> keep) : IProgress<TrainingProgress>, IDisposable
{
    private readonly StatusLine line = new(writer, StatusLine.ColumnsOf(writer), TimeProvider.System);

    /// <inheritdoc/>
    public void Report(TrainingProgress value)
    {
        keep(value);
        var (log, steps) = (value.Log, value.Log.Options.Steps);
        var heldOut = log.HeldOut.IsEmpty ? "" : FormattableString.Invariant($", held out {log.HeldOut[^1].Loss:F3}");
        line.Show((double)log.StepsDone / steps, string.Create(CultureInfo.InvariantCulture,
            $"step {log.StepsDone} of {steps}: loss {value.Loss:F3}{heldOut}, {value.TokensPerSecond:F0} tokens/s, "
            + $"{value.SecondsLeft:F0} s left"));
    }

    /// <inheritdoc/>
    public void Dispose() => line.Dispose();
}
