namespace MoEPlace.Simulation.Devices;

/// <summary>
/// The routed experts of one rank in one layer: a grouped matrix multiplication as SGLang's fused MoE kernel does it. Weights of the
/// experts that have tokens are read once, while the tokens of each, padded to whole tiles, are multiplied; activations come on top.
/// </summary>
public static class ExpertKernel
{
    private const double BytesPerActivation = 2;

    /// <summary>The start-up of the kernels of one layer: what they take beside their work.</summary>
    /// <param name="model">With dimensions, as below.</param>
    /// <param name="constants">Null for <see cref="DeviceConstants.Fitted"/>.</param>
    public static double StartUpSeconds(MoEModel model, DeviceConstants? constants = null) => Of(model, constants).LaunchMicroseconds * 1e-6;

    /// <summary>Seconds of the kernel; 0 without tokens.</summary>
    /// <param name="tokensPerExpert">[experts on the rank] tokens that each serves; 0 or more.</param>
    /// <param name="model">Its experts, top-k and dimensions; weights of at most 1 byte a parameter run as FP8, others as bfloat16.</param>
    /// <param name="device">Its peaks.</param>
    /// <param name="constants">Null for <see cref="DeviceConstants.Fitted"/>.</param>
    /// <exception cref="ArgumentException">The model has no dimensions.</exception>
    public static double Seconds(ReadOnlySpan<int> tokensPerExpert, MoEModel model, Device device, DeviceConstants? constants = null)
    {
        ArgumentNullException.ThrowIfNull(device);
        var (d, c) = (model.Dimensions!, Of(model, constants));
        long pairs = 0;
        foreach (var tokens in tokensPerExpert)
            pairs += tokens;
        if (pairs == 0)
            return 0;

        var tiles = Tiles(c, model, pairs, tokensPerExpert.Length);
        var (activated, rows) = Work(tokensPerExpert, tiles.TokensPerTile);
        double hidden = d.HiddenSize, width = d.ExpertIntermediateSize, matrices = d.MatricesPerExpert;
        var read = activated * (double)d.ExpertBytes / (tiles.ShareOfMemory * device.MemoryBandwidthBytesPerSecond);
        var compute = rows * 2 * matrices * hidden * width / (tiles.ShareOfFlops * device.FlopsPerSecond);
        // In and out of a layer twice each, between the matrices once out and once in.
        var activations = pairs * (4 * hidden + 2 * matrices * width) * BytesPerActivation
            / (c.ShareOfMemoryForActivations * device.MemoryBandwidthBytesPerSecond);
        return c.LaunchMicroseconds * 1e-6 + Joined(read, compute, c.Sharpness) + activations;
    }

    private static ExpertKernelConstants Of(MoEModel model, DeviceConstants? constants)
    {
        ArgumentNullException.ThrowIfNull(model);
        var d = model.Dimensions ?? throw new ArgumentException("A kernel takes a model with dimensions.", nameof(model));
        constants ??= DeviceConstants.Fitted;
        return d.BytesPerExpertParameter <= 1 ? constants.Float8Experts : constants.BFloat16Experts;
    }

    // The kernel of vLLM and SGLang takes small tiles while it is given at most as many tokens as experts, those of its rank.
    private static ExpertKernelTiles Tiles(ExpertKernelConstants c, MoEModel model, long pairs, int experts)
    {
        foreach (var shape in c.TunedShapes)
            if (shape.Experts == experts && shape.IntermediateSize == model.Dimensions!.ExpertIntermediateSize)
                return c.Tuned;
        return pairs <= experts * PairsPerToken(model, experts) ? c.FewTokens : c.ManyTokens;
    }

    // A token that comes to a rank with a share of the experts has 1 or more of its choices there: expected, given that it has one, when it
    // chooses evenly. A rank with all experts has all of them.
    private static double PairsPerToken(MoEModel model, int experts)
    {
        var share = Math.Min(1, (double)experts / model.Experts);
        return model.TopK * share / (1 - Math.Pow(1 - share, model.TopK));
    }

    private static (int Activated, long Rows) Work(ReadOnlySpan<int> tokensPerExpert, int tile)
    {
        var (activated, rows) = (0, 0L);
        foreach (var tokens in tokensPerExpert)
        {
            activated += tokens > 0 ? 1 : 0;
            rows += ((long)tokens + tile - 1) / tile * tile;
        }
        return (activated, rows);
    }

    private static double Joined(double a, double b, double sharpness)
    {
        var (low, high) = (Math.Min(a, b), Math.Max(a, b));
        return high * Math.Pow(1 + Math.Pow(low / high, sharpness), 1 / sharpness);
    }
}
