namespace MoEPlace.Simulation.Devices;

/// <summary>How a token's hidden state is packed to travel.</summary>
public static class ExchangeFormat
{
    /// <summary>Elements that share one scale of 4 bytes where a dispatch carries FP8 (DeepEP and DeepSeek-V3, section 3.3.2).</summary>
    public const int ElementsPerScale = 128;

    /// <summary>Bytes of one copy of one token's hidden state.</summary>
    /// <param name="direction">A combine always carries bfloat16, 2 bytes an element.</param>
    /// <param name="hiddenSize">Elements; 1 or more.</param>
    /// <param name="float8Dispatch">Whether a dispatch carries FP8, one byte an element and its scales, or bfloat16.</param>
    public static long BytesPerCopy(ExchangeDirection direction, int hiddenSize, bool float8Dispatch = true)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(hiddenSize, 1);
        return direction == ExchangeDirection.Dispatch && float8Dispatch
            ? hiddenSize + 4L * ((hiddenSize + ElementsPerScale - 1) / ElementsPerScale)
            : 2L * hiddenSize;
    }
}
