using System.Collections.Immutable;
using MoEPlace.Results;
using MoEPlace.Simulation.Network;
using MoEPlace.Simulation.Streams;

namespace MoEPlace.Simulation.Measures;

/// <summary>How busy the links were, by kind.</summary>
internal sealed class LinkTotals
{
    /// <summary>Bins of the first step.</summary>
    internal const int Bins = 64;

    private readonly NetworkLinks links;
    private readonly long[] bytes;
    private double seconds;

    internal LinkTotals(Cluster cluster)
    {
        links = new NetworkLinks(cluster);
        bytes = new long[links.Count];
    }

    /// <summary>Of the first step; empty before.</summary>
    internal ImmutableArray<LinkLoad> Loads { get; private set; } = [];

    /// <summary>Adds one step.</summary>
    internal void Add(StepRecording recording)
    {
        if (seconds == 0)
            Loads = LoadsOf(recording);
        seconds += recording.End.Seconds;
        for (var link = 0; link < bytes.Length; link++)
            bytes[link] += recording.Use.Bytes[link];
    }

    /// <summary>The kinds that carried anything: bytes over what the links could have carried in the time of all steps.</summary>
    internal IEnumerable<ResourceUse> Use()
    {
        foreach (var kind in Enumerable.Range(0, links.Count).GroupBy(links.KindOf))
        {
            var shares = kind.Select(link => (Link: link, Share: Math.Min(1, bytes[link] / links.BytesPerSecond[link] / seconds))).ToList();
            var most = shares.MaxBy(s => s.Share);
            if (most.Share > 0)
                yield return new ResourceUse(NameOf(kind.Key), shares.Average(s => s.Share), most.Share, links.NameOf(most.Link));
        }
    }

    /// <summary>A kind of link, for people.</summary>
    internal static string NameOf(LinkKind kind) => kind switch
    {
        LinkKind.IntraNodeOut => "intra-node out",
        LinkKind.IntraNodeIn => "intra-node in",
        LinkKind.NicOut => "NIC out",
        LinkKind.NicIn => "NIC in",
        LinkKind.NodeSwitch => "node switch",
        LinkKind.LeafUp => "leaf up",
        LinkKind.LeafDown => "leaf down",
        LinkKind.HostOut => "host out",
        LinkKind.HostIn => "host in",
        LinkKind.StorageOut => "storage out",
        _ => "storage in",
    };

    /// <summary>[links] of what flows occupied of a link, the share that was bytes: the rest is what their transports do not reach.</summary>
    private double[] CarriedShares(StepRecording recording)
    {
        var occupied = new double[links.Count];
        foreach (var span in recording.Use.Spans)
            occupied[span.Link] += span.Share * (span.End - span.Begin).Seconds * links.BytesPerSecond[span.Link];
        for (var link = 0; link < occupied.Length; link++)
            occupied[link] = occupied[link] > 0 ? recording.Use.Bytes[link] / occupied[link] : 0;
        return occupied;
    }

    private ImmutableArray<LinkLoad> LoadsOf(StepRecording recording)
    {
        var kinds = Enum.GetValues<LinkKind>().Length;
        var (count, busy, bin) = (new int[kinds], new double[kinds * Bins], (double)recording.End.Picoseconds / Bins);
        for (var link = 0; link < links.Count; link++)
            count[(int)links.KindOf(link)]++;
        var carried = CarriedShares(recording);
        foreach (var span in recording.Use.Spans)
        {
            var row = Row(links.KindOf(span.Link));
            var (begin, end) = (span.Begin.Picoseconds / bin, span.End.Picoseconds / bin);
            for (var i = (int)begin; i < Bins && i < end; i++)
                row[i] += span.Share * carried[span.Link] * (Math.Min(end, i + 1) - Math.Max(begin, i));
        }
        return
        [
            .. Enum.GetValues<LinkKind>().Where(kind => Row(kind).ContainsAnyExcept(0.0)).Select(
                kind => new LinkLoad(NameOf(kind), [.. Row(kind).ToArray().Select(sum => Math.Clamp(sum / count[(int)kind], 0, 1))])),
        ];

        Span<double> Row(LinkKind kind) => busy.AsSpan((int)kind * Bins, Bins);
    }
}
