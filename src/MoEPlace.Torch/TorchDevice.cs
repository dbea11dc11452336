namespace MoEPlace.Torch;

/// <summary>Where tensors live: the CPU or one CUDA device.</summary>
/// <param name="Index">-1 the CPU, else the number of the CUDA device.</param>
public readonly record struct TorchDevice(int Index)
{
    /// <summary>The CPU.</summary>
    public static TorchDevice Cpu { get; } = new(-1);

    /// <summary>True for a CUDA device.</summary>
    public bool IsCuda => Index >= 0;

    /// <summary>Reads <c>cpu</c>, <c>cuda</c> (device 0), <c>cuda:N</c> or <c>auto</c> (a CUDA device where there is one).</summary>
    /// <exception cref="InputException">Another text, or a device that is not there.</exception>
    public static TorchDevice Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var devices = text == "cpu" ? 0 : torch.cuda.device_count();
        if (text == "cpu" || (text == "auto" && devices == 0))
            return Cpu;
        if (text == "auto")
            return new TorchDevice(0);
        var index = text == "cuda" ? 0 : -1;
        if (text.StartsWith("cuda:", StringComparison.Ordinal) && int.TryParse(text["cuda:".Length..], out var given) && given >= 0)
            index = given;
        var there = devices == 0 ? "no CUDA device is here: cpu or auto" : $"cpu, auto, cuda:0 to cuda:{devices - 1}";
        return index >= 0 && index < devices ? new TorchDevice(index) : throw new InputException("device", "--device", text, there);
    }

    /// <summary>As <see cref="Parse"/> reads it.</summary>
    public override string ToString() => IsCuda ? $"cuda:{Index}" : "cpu";
}
