using MoEPlace.Results;

namespace MoEPlace.Reports.Tests;

/// <summary>Steps that were never measured beside steps that were never simulated.</summary>
internal static class MadeUpReality
{
    private static readonly (string Phase, double Share)[] Phases =
        [("attention", 0.2), ("dispatch", 0.25), ("experts", 0.2), ("combine", 0.2), ("step", 0.15)];

    /// <summary>Every link, batch and placement, and a run in whose middle a quarter of the experts moves.</summary>
    internal static RealityResult Result(int links = 3, long seed = 1)
    {
        var random = new SeedStream(seed, "made-up reality");
        string[] names = [.. Enumerable.Range(0, links).Select(i => $"{25 << 2 * i} Mbit/s")];
        return new RealityResult(
            RealityResult.FormatName, "a server of 2 cores, MoEPlace 0.1", "tiny-moe", 2, 2,
            "network namespaces on one machine, a token bucket on each link",
            "WordNet and the Gene Ontology, 200 texts",
            [.. names.Select((name, i) => Link(name, 3.1e6 * (1 << 2 * i)))],
            [
                .. from name in names
                   from batch in (int[])[16, 128]
                   from placement in (string[])["contiguous", "affinity"]
                   select Setting(name, placement, batch, 1 + Array.IndexOf(names, name), random),
            ],
            Migration(names[0], random));
    }

    internal static RealityMigration Migration(string link, SeedStream random)
    {
        const int steps = 500;
        bool Moving(int i) => i is >= 150 and < 380;
        return new RealityMigration(
            link, 32, 128, 32 * 983_040L, 131_072, 3.1e6,
            [.. Enumerable.Range(0, steps).Select(i => 0.02 + (Moving(i) ? 0.006 : 0) + 0.003 * random.NextDouble() * random.NextDouble())],
            [.. Enumerable.Range(0, steps).Select(Moving)], [.. Enumerable.Range(0, steps).Select(i => i < 265 ? 0 : i < 380 ? 1 : 2)]);
    }

    private static RealitySetting Setting(string link, string placement, int batch, int speed, SeedStream random)
    {
        var bytes = (placement == "affinity" ? 311_296L : 524_288L) * batch;
        var seconds = 0.008 + 4e-5 * batch + bytes / 3e8 / speed;
        var simulated = seconds * (0.93 + 0.12 * random.NextDouble());
        return new RealitySetting(
            link, placement, batch, 60, seconds, 0.93 * seconds, 1.12 * seconds, simulated, bytes, bytes, (long)(1.09 * bytes),
            [.. Phases.Select(p => new RealityPhase(p.Phase, p.Share * seconds, p.Share * simulated * (0.9 + 0.2 * random.NextDouble())))]);
    }

    private static RealityLink Link(string name, double bytesPerSecond)
    {
        var cluster = ClusterPresets.Parse("cpu-loopback:2x2");
        var exchange = new ExchangeTime(new TierTime(3e-4, 1), new TierTime(8e-4, 0.9), 1e9);
        var calibration = new Calibration(
            "tiny-moe", "float32", 1, new TokenTime(3e-4, 1e-5, 1e-8), new ExpertTime(1e-4, 2e-5, 1e-5), new TokenTime(1e-3, 2e-5),
            exchange, exchange,
            "calibrate, a server of 2 cores; fitted to 84 medians, off by 3.1 % in the median and 14.0 % at worst");
        var measurements = new CalibrationMeasurements(
            CalibrationMeasurements.FormatName, "a server of 2 cores", "tiny-moe", "float32", 2, 2, 1, [], [], [], []);
        return new RealityLink(name, 1.008 * bytesPerSecond, bytesPerSecond, cluster with { Calibration = calibration }, measurements);
    }

    /// <summary>The same with other settings.</summary>
    internal static RealityResult With(this RealityResult result, Func<RealitySetting, RealitySetting> change) =>
        result with { Settings = [.. result.Settings.Select(change)] };
}
