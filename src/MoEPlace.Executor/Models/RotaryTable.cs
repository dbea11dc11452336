using MoEPlace.Torch;

namespace MoEPlace.Executor.Models;

/// <summary>Cosine and sine of every pair of elements at every position so far, for all layers of a model; it owns them.</summary>
internal sealed class RotaryTable(RotaryConfig config, TorchDevice device) : IDisposable
{
    private const int LeastPositions = 256;
    private readonly double[] frequencies = Frequencies(config);
    private Tensor? cosine;
    private Tensor? sine;
    private int positions;

    /// <summary>[n, width / 2] each, Float32, times the factor that YaRN asks for.</summary>
    /// <param name="at">[n] Int64, the positions.</param>
    /// <param name="last">The greatest of them.</param>
    internal (Tensor Cosine, Tensor Sine) At(Tensor at, int last)
    {
        if (last >= positions)
            Grow(Math.Max(LeastPositions, 2 * (last + 1)));
        return (cosine!.index_select(0, at), sine!.index_select(0, at));
    }

    public void Dispose()
    {
        cosine?.Dispose();
        sine?.Dispose();
    }

    /// <summary>
    /// Radians per position of each pair (Peng et al. 2023, section 3.2: a ramp between the pairs that turn often and those that turn
    /// rarely).
    /// </summary>
    internal static double[] Frequencies(RotaryConfig config)
    {
        var half = config.Width / 2;
        var result = new double[half];
        for (var i = 0; i < half; i++)
            result[i] = Math.Pow(config.Theta, -2.0 * i / config.Width);
        if (config.Yarn is not { } yarn)
            return result;
        var (low, high) = (PairThatTurns(yarn.BetaFast), PairThatTurns(yarn.BetaSlow));
        if (yarn.Truncate)
            (low, high) = (Math.Floor(low), Math.Ceiling(high));
        (low, high) = (Math.Max(low, 0), Math.Min(high, config.Width - 1));
        for (var i = 0; i < half; i++)
        {
            var ramp = Math.Clamp((i - low) / (high == low ? 0.001 : high - low), 0, 1);
            result[i] *= 1 - ramp + ramp / yarn.Factor;
        }
        return result;

        // The pair, as a fraction, that turns so many times over the original context.
        double PairThatTurns(double times) =>
            config.Width * Math.Log(yarn.OriginalPositions / (times * 2 * Math.PI)) / (2 * Math.Log(config.Theta));
    }

    private void Grow(int wanted)
    {
        var half = frequencies.Length;
        var (cosines, sines) = (new float[wanted * half], new float[wanted * half]);
        var factor = config.Yarn?.CosineFactor ?? 1;
        for (var p = 0; p < wanted; p++)
            for (var i = 0; i < half; i++)
            {
                var (s, c) = Math.SinCos(p * frequencies[i]);
                cosines[p * half + i] = (float)(c * factor);
                sines[p * half + i] = (float)(s * factor);
            }
        Dispose();
        cosine = torch.tensor<float>(cosines, [wanted, half], device).DetachFromDisposeScope();
        sine = torch.tensor<float>(sines, [wanted, half], device).DetachFromDisposeScope();
        positions = wanted;
    }
}
