using System.Collections.Immutable;
using System.Globalization;

namespace MoEPlace;

/// <summary>
/// Clusters by name: one node each, figures from data sheets and from measurements that are public. Peaks are what a plan can be
/// compared by, not what an engine reaches; a measured cluster comes in a file.
/// </summary>
public static class ClusterPresets
{
    /// <summary>The preset whose ranks <c>NxR</c> means.</summary>
    public const string DefaultName = "h100-8";

    private const string NcclH100 = "latency: NCCL all-to-all of 512 bytes per rank on 4 H100, 6.71 us (aiconfigurator tables, Apache-2.0)";
    private const string DeepEpH100 =
        "latency: DeepEP low-latency dispatch of 2 tokens over 2 H100 nodes, 22.57 us (aiconfigurator tables, Apache-2.0)";
    private const string LaunchH100 =
        "launch: what is left of SGLang's fused MoE kernel on H100 when its weights take no time, 2 t(1 token) - t(2 tokens) = 30.7 us for "
        + "128 experts of 2,048 x 768, top-8 (aiconfigurator tables, Apache-2.0)";
    private const string NotMeasured = ", taken over from H100: not measured on this device";

    private static readonly ImmutableArray<Cluster> Presets =
    [
        Make(
            "h100-8", 8,
            new Device(
                "H100 SXM5 80GB", 989.4e12, 80_000_000_000, 3.35e12, 30_700,
                "data sheet: 1,979 TFLOPS of bfloat16 with sparsity, half of it dense; 80 GB, 3.35 TB/s; " + LaunchH100, 132),
            new Link(
                450e9, 6_710,
                "data sheet: NVLink 900 GB/s, half in each direction; an NCCL all-to-all of 512 MiB per rank on 4 H100 reaches 332 GB/s; "
                + NcclH100),
            new Link(50e9, 22_570, "one ConnectX-7 of 400 Gb/s for each GPU, as in DGX H100; " + DeepEpH100)),
        Make(
            "h800-8", 8,
            new Device(
                "H800 SXM5 80GB", 989.4e12, 80_000_000_000, 3.35e12, 30_700,
                "as H100 SXM5 but for NVLink and double precision; " + LaunchH100 + NotMeasured, 132),
            new Link(200e9, 6_710, "NVLink 400 GB/s, half in each direction; " + NcclH100 + NotMeasured),
            new Link(50e9, 22_570, "one ConnectX-7 of 400 Gb/s for each GPU; " + DeepEpH100 + NotMeasured)),
        Make(
            "a100-8", 8,
            new Device(
                "A100 SXM4 80GB", 312e12, 80_000_000_000, 2.039e12, 30_700,
                "data sheet: 312 TFLOPS of bfloat16 dense; 80 GB, 2,039 GB/s; " + LaunchH100 + NotMeasured, 108),
            new Link(
                300e9, 12_830,
                "data sheet: NVLink 600 GB/s, half in each direction; an NCCL all-to-all of 512 MiB per rank on 8 A100 reaches 203 GB/s; "
                + "latency: NCCL all-to-all of 1,024 bytes per rank on 8 A100, 12.83 us (aiconfigurator tables, Apache-2.0)"),
            new Link(25e9, 22_570, "one ConnectX-6 of 200 Gb/s for each GPU, as in DGX A100; " + DeepEpH100 + NotMeasured)),
        Make(
            "h200-8", 8,
            new Device(
                "H200 SXM 141GB", 989.4e12, 141_000_000_000, 4.8e12, 30_700,
                "data sheet: 1,979 TFLOPS of bfloat16 with sparsity, half of it dense; 141 GB, 4.8 TB/s; " + LaunchH100 + NotMeasured, 132),
            new Link(450e9, 6_710, "data sheet: NVLink 900 GB/s, half in each direction; " + NcclH100 + NotMeasured),
            new Link(50e9, 22_570, "one ConnectX-7 of 400 Gb/s for each GPU, as in DGX H200; " + DeepEpH100 + NotMeasured)),
        Make(
            "b200-8", 8,
            new Device(
                "B200 SXM 180GB", 2_250e12, 180_000_000_000, 8e12, 30_700,
                "HGX and DGX B200 data sheets, an eighth each: 36 PFLOPS of bfloat16 with sparsity, half of it dense; 1,440 GB, 64 TB/s; "
                + LaunchH100 + NotMeasured, 148),
            new Link(900e9, 6_710, "data sheet: NVLink 1.8 TB/s, half in each direction; " + NcclH100 + NotMeasured),
            new Link(50e9, 22_570, "one ConnectX-7 of 400 Gb/s for each GPU, as in DGX B200; " + DeepEpH100 + NotMeasured)),
        Make(
            "mi300x-8", 8,
            new Device(
                "Instinct MI300X 192GB", 1_307.4e12, 192_000_000_000, 5.3e12, 30_700,
                "data sheet: 1,307.4 TFLOPS of bfloat16 dense; 192 GB, 5.3 TB/s; " + LaunchH100 + NotMeasured, 304),
            new Link(
                448e9, 6_710,
                "data sheet: 7 Infinity Fabric links of 128 GB/s, half in each direction; reached when all 7 peers get equally much; "
                + NcclH100 + NotMeasured),
            new Link(50e9, 22_570, "one adapter of 400 Gb/s for each GPU, as common; " + DeepEpH100 + NotMeasured)),
        Make(
            "cpu-loopback", 4,
            new Device(
                "a quarter of a 2-core x86 server", 30e9, 4_000_000_000, 2.5e9, 10_000,
                "4 processes share 2 cores: OpenBLAS multiplies 512 x 512 single-precision matrices at 120 GFLOP/s on both; "
                + "memory, bandwidth and launch are assumptions, to be calibrated"),
            new Link(
                1.1e9, 50_000,
                "one TCP stream over loopback moves 1.1 GB/s on such a machine; the latency is an assumption, to be calibrated"),
            new Link(1.1e9, 50_000, "as inside the node: all nodes are the same machine")),
    ];

    /// <summary>The names of the presets.</summary>
    public static ImmutableArray<string> Names { get; } = [.. Presets.Select(p => p.Name)];

    /// <summary>The preset of a name; null when there is none.</summary>
    public static Cluster? Find(string name) => Presets.FirstOrDefault(p => p.Name == name);

    /// <summary>The preset of a device, told by its name; that of <see cref="DefaultName"/> where there is none.</summary>
    public static Cluster Of(Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        return Presets.FirstOrDefault(p => p.Device.Name == device.Name) ?? Find(DefaultName)!;
    }

    /// <summary>
    /// The cluster that a person names: a preset, <c>NxR</c> (N nodes of R ranks of the default preset), <c>NAME:NxR</c>, or the path
    /// of a cluster file that ends in <c>.json</c>.
    /// </summary>
    /// <exception cref="InputException">The text is none of these, or the file is not a valid cluster.</exception>
    public static Cluster Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.EndsWith(".json", StringComparison.OrdinalIgnoreCase))
            return Cluster.Read(text);
        if (Find(text) is { } preset)
            return preset;
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var shape = text[(colon + 1)..].Split('x');
        if (Find(colon < 0 ? DefaultName : text[..colon]) is { } device
            && shape.Length == 2 && Number(shape[0]) is { } nodes && Number(shape[1]) is { } ranksPerNode)
        {
            var shaped = device with { Nodes = nodes, RanksPerNode = ranksPerNode };
            if (nodes != device.Nodes || ranksPerNode != device.RanksPerNode)
                shaped = shaped with { Name = $"{device.Name}:{nodes}x{ranksPerNode}" };
            var faults = new InputFaults("--cluster " + text);
            shaped.Check(faults);
            faults.ThrowIfAny();
            return shaped;
        }
        throw new InputException(
            "--cluster", "cluster", text,
            $"a preset ({string.Join(", ", Names)}), NxR (N nodes of R ranks of {DefaultName}, for example 2x8), NAME:NxR, "
            + "or the path of a cluster file that ends in .json");
    }

    private static int? Number(string digits) =>
        int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static Cluster Make(string name, int ranks, Device device, Link intraNode, Link interNode) =>
        new(Cluster.FormatName, name, 1, ranks, device, intraNode, interNode);
}
