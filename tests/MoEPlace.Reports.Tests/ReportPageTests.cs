using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Xunit;

namespace MoEPlace.Reports.Tests;

public sealed partial class ReportPageTests(WrittenReport report) : IClassFixture<WrittenReport>
{
    private static readonly string[] Figures = ["load", "crossing", "remaining", "affinity", "copies", "trade-off", "front", "bound"];

    [Fact]
    public void Holds_each_figure_as_svg_png_and_csv_beside_the_page()
    {
        string[] expected =
        [
            "index.html",
            .. Enumerable.Range(1, 2).SelectMany(n => Figures.SelectMany(f => new[] { $"{n}-{f}.svg", $"{n}-{f}.png", $"{n}-{f}.csv" })
                .Append($"{n}-summary.csv")),
        ];
        Assert.Equal(expected.Order(StringComparer.Ordinal), Directory.GetFiles(report.Directory).Select(f => Path.GetFileName(f))
            .Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_svg_is_well_formed_and_carries_its_finding_and_origin()
    {
        foreach (var (number, origin) in new[] { (1, "measured"), (2, "SYNTHETIC") })
            foreach (var figure in Figures)
            {
                var svg = XDocument.Load(report.PathOf($"{number}-{figure}.svg"));
                Assert.Equal("{http://www.w3.org/2000/svg}svg", svg.Root!.Name.ToString());
                var text = string.Join(" ", svg.Descendants("{http://www.w3.org/2000/svg}text").Select(t => t.Value));
                Assert.Contains(origin, text);
                Assert.Contains("DejaVu Sans", svg.ToString());
                Assert.True(text.Length > 80, $"{number}-{figure}.svg holds too little text: {text}");
            }
    }

    [Fact]
    public void Every_png_is_a_png_of_a_readable_size()
    {
        foreach (var path in Directory.GetFiles(report.Directory, "*.png"))
        {
            var bytes = File.ReadAllBytes(path);
            Assert.Equal([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], bytes[..8]);
            var width = BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(16));
            var height = BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(20));
            Assert.InRange(width, 900, 2000);
            Assert.InRange(height, 300, 2000);
            Assert.True(bytes.Length > 8_000, $"{path} has {bytes.Length} bytes: is its text missing?");
        }
    }

    [Fact]
    public void Every_png_is_whole_and_its_pixels_are_of_its_palette()
    {
        foreach (var path in Directory.GetFiles(report.Directory, "*.png"))
        {
            var (bytes, parts) = (File.ReadAllBytes(path), new Dictionary<string, byte[]>());
            for (var at = 8; at < bytes.Length;)
            {
                var length = BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(at));
                Assert.Equal(
                    BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(at + 8 + length)),
                    Crc(bytes.AsSpan(at + 4, length + 4)));
                parts.Add(System.Text.Encoding.ASCII.GetString(bytes, at + 4, 4), bytes[(at + 8)..(at + 8 + length)]);
                at += length + 12;
            }
            Assert.Equal(["IHDR", "PLTE", "IDAT", "IEND"], parts.Keys);
            using var inflated = new MemoryStream();
            using (var packed = new ZLibStream(
                new MemoryStream(parts["IDAT"]), CompressionMode.Decompress))
                packed.CopyTo(inflated);
            var width = BinaryPrimitives.ReadInt32BigEndian(parts["IHDR"]);
            var height = BinaryPrimitives.ReadInt32BigEndian(parts["IHDR"].AsSpan(4));
            Assert.Equal((width + 1) * height, inflated.Length);
            Assert.All(inflated.ToArray().Distinct(), color => Assert.InRange(color, 0, parts["PLTE"].Length / 3 - 1));
            // The commonest colour comes first: the paper.
            Assert.Equal([255, 255, 255], parts["PLTE"][..3]);
        }
    }

    [Fact]
    public void Loads_nothing_from_anywhere()
    {
        Assert.All(AnyUrl().Matches(report.Page), url => Assert.StartsWith("http://www.w3.org/", url.Value, StringComparison.Ordinal));
        Assert.Contains("default-src 'none'", report.Page);
        var markup = Script().Replace(report.Page, "");
        Assert.DoesNotContain("@import", markup);
        Assert.DoesNotContain("url(", markup);
        Assert.DoesNotContain("<link", markup);
        foreach (Match link in Reference().Matches(markup))
            Assert.True(
                link.Groups[1].Value.StartsWith('#') || File.Exists(report.PathOf(link.Groups[1].Value)), $"{link.Value} leads nowhere");
    }

    [Fact]
    public void Lets_the_browser_run_its_own_two_scripts_alone()
    {
        var allowed = Hash().Matches(report.Page).Select(m => m.Groups[1].Value).ToArray();
        var scripts = Script().Matches(report.Page).Select(m => m.Groups[1].Value).Where(s => !s.StartsWith('{')).ToArray();
        var hashes = scripts.Select(s =>
            Convert.ToBase64String(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(s))));
        Assert.Equal(2, allowed.Length);
        Assert.Equal(allowed, hashes);
    }

    [Fact]
    public void Escapes_all_that_comes_from_a_file()
    {
        Assert.DoesNotContain("<script>alert", report.Page);
        Assert.DoesNotContain("<b>model", report.Page);
        Assert.DoesNotContain("<i>own", report.Page);
        Assert.Contains("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;", report.Page);
    }

    [Fact]
    public void Marks_the_synthetic_result_and_no_other()
    {
        Assert.Contains("<strong>Synthetic routing.</strong> Some of the traces were", report.Page);
        var sections = report.Page.Split("<section id=\"result-");
        Assert.Equal(3, sections.Length);
        Assert.DoesNotContain("synthetic", Script().Replace(sections[1], ""));
        Assert.True(Regex.Count(sections[2], "class=\"tag\">synthetic") >= 6);
    }

    [Fact]
    public void Says_unknown_where_a_measure_is_null_and_who_is_missing_from_a_figure()
    {
        var row = Row("2-summary.csv", "eplb");
        Assert.Equal("", row[1]);
        Assert.Equal("", row[3]);
        Assert.Contains("<td class=\"unknown\">unknown</td>", report.Page);
        Assert.Contains("Unknown for eplb.", report.Page);
    }

    [Fact]
    public void Ids_are_unique_over_all_figures()
    {
        var ids = Id().Matches(Script().Replace(report.Page, "")).Select(m => m.Groups[1].Value).ToArray();
        Assert.Equal(ids.Length, ids.Distinct().Count());
        Assert.True(ids.Length >= 12);
    }

    [Fact]
    public void Summary_csv_equals_the_measures()
    {
        var csv = Csv("1-summary.csv");
        var placements = report.Results[0].Placements;
        Assert.Equal(placements.Length + 1, csv.Length);
        for (var i = 0; i < placements.Length; i++)
        {
            var (row, m) = (csv[i + 1], placements[i].Measures);
            double?[] expected =
            [
                m.GpuCrossingFraction, m.NodeCrossingFraction, m.RankCopiesPerTokenLayer, m.NodeCopiesPerTokenLayer, m.DispatchBytes,
                    m.CombineBytes,
                m.ContextBytes, m.InterNodeBytes, m.ImbalanceMean, m.ImbalanceP95, m.ImbalanceMax, m.StepSeconds, m.MemoryBytesPerRank,
                m.MigrationBytes,
                placements[i].OtherResidency!.RankCopiesPerTokenLayer, i == 1 ? 8 : 0, placements[i].Solve!.Objective,
                placements[i].Solve!.Bound, placements[i].Solve!.Gap, placements[i].SolveSeconds, placements[i].RunSeconds,
                placements[i].PeakMemoryBytes,
            ];
            Assert.Equal(expected, row[1..].Select(Number));
        }
    }

    [Fact]
    public void Crossing_csv_equals_the_detail()
    {
        var csv = Csv("1-crossing.csv");
        for (var layer = 0; layer < 3; layer++)
            Assert.Equal(
                report.Results[0].Placements.Select(p => (double?)p.Detail.GpuCrossingByLayer[layer]), csv[layer + 1][1..].Select(Number));
    }

    [Fact]
    public void Load_csv_equals_the_detail_over_the_mean_of_its_layer()
    {
        var csv = Csv("1-load.csv");
        var load = report.Results[0].Placements[0].Detail.LoadByLayerAndRank;
        for (var rank = 0; rank < 8; rank++)
        {
            var relative = load.Select(layer => layer[rank] / (layer.Sum() / 8.0)).ToArray();
            Assert.Equal(rank / 4, Number(csv[rank + 1][1]));
            Assert.Equal(relative.Average(), Number(csv[rank + 1][2])!.Value, 12);
            Assert.Equal(relative.Min(), Number(csv[rank + 1][3])!.Value, 12);
            Assert.Equal(relative.Max(), Number(csv[rank + 1][4])!.Value, 12);
        }
    }

    [Fact]
    public void Remaining_csv_equals_the_pairs_and_the_layers_of_the_best_placement()
    {
        var remaining = report.Results[0].Placements[^1].Detail.Remaining!;
        var csv = Csv("1-remaining.csv")[1..];
        var all = remaining.GpuCrossingsByLayer.Sum();
        Assert.Equal(remaining.HeaviestPairs.Length + remaining.GpuCrossingsByLayer.Length, csv.Length);
        foreach (var (pair, row) in remaining.HeaviestPairs.Zip(csv))
            Assert.Equal(
                [$"{pair.FromLayer} → {pair.FromLayer + 1}", $"{pair.FromExpert}", $"{pair.ToExpert}", $"{pair.FromRank}", $"{pair.ToRank}",
                    $"{pair.Tokens}"], row[..6]);
        foreach (var (tokens, row) in remaining.GpuCrossingsByLayer.Zip(csv[remaining.HeaviestPairs.Length..]))
        {
            Assert.Equal(tokens, Number(row[5]));
            Assert.Equal((double)tokens / all, Number(row[6])!.Value, 12);
        }
    }

    [Fact]
    public void Bound_csv_carries_on_what_was_known_to_the_end_of_the_search()
    {
        var placement = report.Results[0].Placements[0];
        var rows = Csv("1-bound.csv").Where(r => r[0] == "contiguous").Select(r => r[1..].Select(Number).ToArray()).ToArray();
        var (objective, bound) = (placement.Solve!.Objective, placement.Solve.Bound!.Value);
        Assert.Equal([0, 0.05, 0.1, 0.2, placement.SolveSeconds!.Value], rows.Select(r => r[0]!.Value));
        Assert.Equal([objective * 1.5, objective * 1.2, objective, objective, objective], rows.Select(r => r[1]!.Value));
        Assert.Equal([null, objective * 0.5, objective * 0.5, bound, bound], rows.Select(r => r[2]));
        Assert.Equal((objective - bound) / objective, rows[^1][3]!.Value, 12);
        Assert.Null(rows[0][3]);
    }

    [Fact]
    public void Affinity_csv_holds_every_transition_once()
    {
        var affinity = report.Results[0].Affinity!;
        var csv = Csv("1-affinity.csv")[1..];
        Assert.Equal(affinity.Transitions.Sum(r => r.Count(v => v > 0)), csv.Length);
        foreach (var row in csv)
        {
            var (from, to) = (int.Parse(row[0], CultureInfo.InvariantCulture), int.Parse(row[1], CultureInfo.InvariantCulture));
            Assert.Equal(affinity.Transitions[from][to], Number(row[2]));
            Assert.Equal(report.Results[0].Placements[0].Detail.RankOfExpert[affinity.FromLayer][from], Number(row[4]));
            Assert.Equal(report.Results[0].Placements[^1].Detail.RankOfExpert[affinity.FromLayer + 1][to], Number(row[7]));
        }
    }

    [Fact]
    public void Page_shows_the_tables_that_the_csvs_hold()
    {
        foreach (var placement in report.Results[0].Placements)
            Assert.Contains($">{PlainText.Html(placement.Label)}</th>", report.Page);
        var copies = report.Results[0].Placements.Select(p => Quantity.Ratio(p.Measures.RankCopiesPerTokenLayer, 3));
        Assert.All(copies, told => Assert.Contains($">{told}</td>", report.Page));
    }

    /// <summary>The check of PNG, from its definition.</summary>
    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc >> 1) ^ ((crc & 1) == 1 ? 0xEDB88320 : 0);
        }
        return ~crc;
    }

    private static double? Number(string text) => text.Length == 0 ? null : double.Parse(text, CultureInfo.InvariantCulture);

    private string[] Row(string file, string name) => Csv(file).Single(r => r[0] == name);

    /// <summary>An independent reader of RFC 4180: no line breaks in quotes, as we clean names.</summary>
    private string[][] Csv(string file) =>
    [
        .. File.ReadAllLines(report.PathOf(file)).Select(line =>
            Field().Matches(line).Select(m => m.Groups[1].Success ? m.Groups[1].Value.Replace("\"\"", "\"") : m.Groups[2].Value).ToArray()),
    ];

    [GeneratedRegex("https?://[^\\s\"'`<>)]*")]
    private static partial Regex AnyUrl();

    [GeneratedRegex("<script[^>]*>(.*?)</script>", RegexOptions.Singleline)]
    private static partial Regex Script();

    [GeneratedRegex("(?:src|href)=\"([^\"]*)\"")]
    private static partial Regex Reference();

    [GeneratedRegex("'sha256-([^']+)'")]
    private static partial Regex Hash();

    [GeneratedRegex(" id=\"([^\"]*)\"")]
    private static partial Regex Id();

    [GeneratedRegex("(?:^|,)(?:\"((?:[^\"]|\"\")*)\"|([^,]*))")]
    private static partial Regex Field();
}
