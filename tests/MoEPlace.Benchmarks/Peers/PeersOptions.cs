using System.Globalization;

namespace MoEPlace.Benchmarks.Peers;

/// <summary>What the comparison of peers is asked for.</summary>
/// <param name="Seconds">Each search may take, above 0.</param>
/// <param name="Output">The folder of the page and the result files.</param>
/// <param name="Cluster">As <c>place --cluster</c> takes it.</param>
/// <param name="Traces">Trace files; none for the recordings of real models.</param>
/// <param name="Only">Labels of the runs; none for all.</param>
internal sealed record PeersOptions(double Seconds, string Output, string Cluster, string[] Traces, string[] Only)
{
    /// <summary>How to call it.</summary>
    internal const string Usage = "peers [--seconds S] [--output DIR] [--cluster C] [--trace FILE]... [--only LABEL]...";

    /// <summary>Reads a command line.</summary>
    /// <exception cref="InputException">Every fault of it.</exception>
    internal static PeersOptions Parse(string[] args)
    {
        var (seconds, output, cluster) = (60.0, Path.Combine("reports", "peers"), "1x8");
        var (traces, only) = (new List<string>(), new List<string>());
        var faults = new InputFaults("peers");
        for (var i = 0; i < args.Length; i += 2)
        {
            if (args.ElementAtOrDefault(i + 1) is not { } value)
            {
                faults.Add(args[i], null, "a value after it");
                break;
            }
            switch (args[i])
            {
                case "--seconds":
                    var number = double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out seconds);
                    faults.Require(number && seconds is > 0 and <= 86_400, args[i], value, "above 0, at most 86400");
                    break;
                case "--output":
                    output = value;
                    break;
                case "--cluster":
                    cluster = value;
                    break;
                case "--trace":
                    faults.Require(File.Exists(value), args[i], value, "a trace that is there");
                    traces.Add(value);
                    break;
                case "--only":
                    faults.Require(
                        Array.Exists(PeerRun.All, run => run.Label == value), args[i], value,
                        string.Join("; ", PeerRun.All.Select(run => run.Label)));
                    only.Add(value);
                    break;
                default:
                    faults.Add("option", args[i], Usage);
                    break;
            }
        }
        faults.ThrowIfAny();
        return new PeersOptions(seconds, output, cluster, [.. traces], [.. only]);
    }
}
