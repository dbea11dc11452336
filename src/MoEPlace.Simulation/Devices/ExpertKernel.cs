namespace MoEPlace.Simulation.Devices;

/// <summary>The routed experts of one rank in one layer: a grouped matrix multiplication as SGLang's fused MoE kernel does it.</summary>
public static class ExpertKernel
{
    /// <summary>Seconds of the kernel; 0 without tokens.</summary>
    /// <param name="tokensPerExpert">[experts on the rank] tokens that each serves; 0 or more.</param>
    /// <param name="model">Its top-k and its dimensions; experts of at most 1 byte a parameter run as FP8, others as bfloat16.</param>
    /// <param name="device">Its peaks.</param>
    /// <exception cref="ArgumentException">The model has no dimensions.</exception>
    public static double Seconds(ReadOnlySpan<int> tokensPerExpert, MoEModel model, Device device)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(device);
        var dimensions = model.Dimensions ?? throw new ArgumentException("A kernel takes a model with dimensions.", nameof(model));
        double pairs = 0, activated = 0;
        foreach (var tokens in tokensPerExpert)
        {
            pairs += tokens;
            activated += tokens > 0 ? 1 : 0;
        }
        var flops = 2.0 * dimensions.MatricesPerExpert * dimensions.HiddenSize * dimensions.ExpertIntermediateSize * pairs;
        return pairs == 0 ? 0 : 43e-6 + Math.Max(
            flops / (0.75 * device.FlopsPerSecond), activated * dimensions.ExpertBytes / (0.88 * device.MemoryBandwidthBytesPerSecond));
    }
}
