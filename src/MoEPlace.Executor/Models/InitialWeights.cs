using MoEPlace.Torch;

namespace MoEPlace.Executor.Models;

/// <summary>Weights that nobody has trained: norms 1, biases 0, all others normal around 0.</summary>
internal static class InitialWeights
{
    /// <summary>Draws one tensor; its numbers depend on the seed and its name alone.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="shape">Its dimensions.</param>
    /// <param name="deviation">Standard deviation.</param>
    /// <param name="seed">The seed that the person gave.</param>
    /// <param name="device">Where it shall live.</param>
    internal static Tensor Draw(string name, ReadOnlySpan<long> shape, double deviation, long seed, TorchDevice device)
    {
        if (shape.Length == 1)
            return torch.full(shape, name.Contains("norm", StringComparison.Ordinal) ? 1 : 0, ScalarType.Float32, device);
        var count = 1L;
        foreach (var size in shape)
            count = checked(count * size);
        var values = new float[count];
        var random = new SeedStream(seed, "weights " + name);
        // Box and Muller 1958: two uniform numbers make two normal ones.
        for (var i = 0L; i < count; i += 2)
        {
            var radius = deviation * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()));
            var (sine, cosine) = Math.SinCos(2 * Math.PI * random.NextDouble());
            values[i] = (float)(radius * cosine);
            if (i + 1 < count)
                values[i + 1] = (float)(radius * sine);
        }
        return torch.tensor<float>(values, shape, device);
    }
}
