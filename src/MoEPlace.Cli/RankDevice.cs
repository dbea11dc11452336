using MoEPlace.Torch;

namespace MoEPlace.Cli;

/// <summary>The device of a rank.</summary>
internal sealed record RankDevice(TorchDevice Device)
{
    /// <summary>The device of one of several ranks on a machine.</summary>
    /// <param name="text">What was asked for.</param>
    /// <param name="ranks">Ranks on this machine.</param>
    /// <param name="rank">Which of them.</param>
    /// <exception cref="InputException">Another text, or a device that is not there.</exception>
    internal static RankDevice Of(string text, int ranks, int rank)
    {
        if (ranks == 1 || text is not ("auto" or "cuda"))
        {
            var one = TorchDevice.Parse(text);
            return ranks == 1 || !one.IsCuda
                ? new RankDevice(one)
                : throw new InputException("device", "--device", text, "cuda, cpu or auto: each rank needs a device of its own");
        }
        var devices = torch.cuda.device_count();
        if (devices >= ranks)
            return new RankDevice(new TorchDevice(rank));
        return text == "auto"
            ? new RankDevice(TorchDevice.Cpu)
            : throw new InputException("device", "--device", text, $"cpu or auto: {ranks} ranks need as many devices, and {devices} are here");
    }
}
