using System.Runtime.CompilerServices;
using MoEPlace.Executor.Models;
using MoEPlace.Torch;
using Xunit;

namespace MoEPlace.Executor.Tests.Models;

/// <summary>The tiny checkpoints of Fixtures/, and random models of their shapes.</summary>
internal static class Layouts
{
    internal static readonly string[] Names = ["mixtral", "qwen3-moe", "olmoe", "deepseek-v2-lite", "deepseek-v3"];

    internal static TheoryData<string> All => [.. Names];

    internal static string Folder(string layout, [CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "..", "Fixtures", layout);

    internal static MoELanguageModel Load(
        string folder, ExpertPlacement? placement = null, int rank = 0, ScalarType type = ScalarType.Float32, int? spareSlots = null)
    {
        using var checkpoint = Checkpoint.Open(folder);
        return MoELanguageModel.Load(checkpoint, placement, new RankId(rank), TorchDevice.Cpu, type, spareSlots);
    }

    /// <summary>Weights so large that every part of the model matters.</summary>
    internal static MoELanguageModel Random(string layout, long seed) =>
        MoELanguageModel.Initialise(TransformerConfig.Read(Folder(layout)) with { InitialDeviation = 0.25 }, seed, TorchDevice.Cpu);

    /// <summary>The greatest |a - b| of a row over the greatest |a| of that row.</summary>
    internal static double Difference(ReadOnlySpan<float> a, ReadOnlySpan<float> b, int width)
    {
        Assert.Equal(a.Length, b.Length);
        var worst = 0.0;
        for (var row = 0; row < a.Length / width; row++)
        {
            var (difference, size) = (0.0, 0.0);
            for (var i = row * width; i < (row + 1) * width; i++)
                (difference, size) = (Math.Max(difference, Math.Abs((double)a[i] - b[i])), Math.Max(size, Math.Abs((double)a[i])));
            Assert.True(double.IsFinite(difference) && size > 0, $"row {row}: difference {difference}, size {size}");
            worst = Math.Max(worst, difference / size);
        }
        return worst;
    }
}
