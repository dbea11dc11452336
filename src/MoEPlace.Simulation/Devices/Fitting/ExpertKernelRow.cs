namespace MoEPlace.Simulation.Devices.Fitting;

/// <summary>A fused MoE kernel whose experts all have equally many tokens, all of them on one device.</summary>
/// <param name="Float8">Whether weights are FP8, or bfloat16.</param>
/// <param name="Tokens">Tokens.</param>
/// <param name="HiddenSize">Elements of a token.</param>
/// <param name="IntermediateSize">Width of an expert, which has three matrices.</param>
/// <param name="TopK">Experts of a token.</param>
/// <param name="Experts">Experts.</param>
/// <param name="Seconds">Measured.</param>
public sealed record ExpertKernelRow(
    bool Float8, int Tokens, int HiddenSize, int IntermediateSize, int TopK, int Experts, double Seconds) : MeasuredRow(Seconds)
{
    private readonly MoEModel model = new(
        "measured", 1, [0], Experts, TopK,
        new ModelDimensions(HiddenSize, IntermediateSize, 0, 0, 1, 1, 1, 1, 1, 0, 0, 0, Float8 ? 1 : 2, 2, 2));

    private readonly int[] tokensPerExpert = Spread((long)Tokens * TopK, Experts);

    /// <inheritdoc/>
    public override double Size => Tokens;

    /// <inheritdoc/>
    public override double Predict(DeviceConstants constants, Cluster machine)
    {
        ArgumentNullException.ThrowIfNull(machine);
        return ExpertKernel.Seconds(tokensPerExpert, model, machine.Device, constants);
    }

    private static int[] Spread(long pairs, int experts)
    {
        var spread = new int[experts];
        for (var e = 0; e < experts; e++)
            spread[e] = (int)(pairs / experts + (e < pairs % experts ? 1 : 0));
        return spread;
    }
}
