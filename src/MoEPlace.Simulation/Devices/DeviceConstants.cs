using System.Collections.Immutable;

namespace MoEPlace.Simulation.Devices;

/// <summary>
/// The constants of all curves, each with its origin; <c>Devices/constants.json</c> holds those that are fitted to published measurements.
/// </summary>
/// <param name="Format">Always <see cref="FormatName"/>.</param>
/// <param name="Nccl">By device; the first stands for all devices that are not named.</param>
/// <param name="DeepEp">DeepEP's kernels.</param>
/// <param name="Float8Experts">The experts' kernel for weights of at most one byte a parameter.</param>
/// <param name="BFloat16Experts">The experts' kernel for wider weights.</param>
/// <param name="TakenOver">What devices take over that were not measured.</param>
public sealed record DeviceConstants(
    string Format,
    ImmutableArray<NcclConstants> Nccl,
    DeepEpConstants DeepEp,
    ExpertKernelConstants Float8Experts,
    ExpertKernelConstants BFloat16Experts,
    string TakenOver)
{
    /// <summary>What a file of constants says that it is.</summary>
    public const string FormatName = "moeplace.constants/1";

    private const string Resource = "MoEPlace.Simulation.Devices.constants.json";

    /// <summary>Those that come with the program.</summary>
    public static DeviceConstants Fitted { get; } = ReadOwn();

    /// <summary>NCCL's constants on a device: its own where it was measured.</summary>
    public NcclConstants NcclOn(Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        foreach (var constants in Nccl)
            if (device.Name.StartsWith(constants.Device + " ", StringComparison.Ordinal))
                return constants;
        return Nccl[0];
    }

    private static DeviceConstants ReadOwn()
    {
        using var stream = typeof(DeviceConstants).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"{Resource} is not embedded.");
        using var reader = new StreamReader(stream);
        return StrictJson.Parse<DeviceConstants>(reader.ReadToEnd(), "constants.json", "");
    }
}
