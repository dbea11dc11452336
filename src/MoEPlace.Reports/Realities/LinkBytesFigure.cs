using MoEPlace.Reports.Figures;
using MoEPlace.Results;

namespace MoEPlace.Reports.Realities;

/// <summary>Bytes over the link, as the ranks counted them and as they were evaluated.</summary>
internal static class LinkBytesFigure
{
    private const string Name = "bytes";
    private const string Topic = "Bytes between nodes";

    internal static Figure Draw(RealityResult result) => result.Settings.All(s => s.MeasuredLinkBytes == 0 && s.EvaluatedLinkBytes == 0)
        ? Figure.LeftOut(Name, Topic, "no byte goes from node to node")
        : new Figure(
            Name, Topic, RealityFindings.Bytes(result),
            "Bars: payload on its way to other nodes as the ranks counted it while they ran, over all tokens of the setting. Upright "
                + "marks: what evaluate says of the same tokens before anything runs. Headers, ids and counts are in neither; adapters count these too.",
            Spec(result), Data(result));

    private static object Spec(RealityResult result)
    {
        var values = result.Settings.Select((s, i) => new
        {
            setting = $"{i + 1}. {RealityFindings.Shared(s)}",
            placement = PlainText.Clean(s.Placement, 24),
            measured = s.MeasuredLinkBytes / 1e6,
            evaluated = s.EvaluatedLinkBytes / 1e6,
            counted = Quantity.Count(s.MeasuredLinkBytes),
            told = Quantity.Count(s.EvaluatedLinkBytes),
        }).ToArray();
        var y = new
        {
            field = "setting",
            type = "nominal",
            sort = values.Select(v => v.setting),
            title = (string?)null,
            axis = new { labelLimit = 260, domain = false, ticks = false, labelColor = FigureStyle.Ink },
        };
        var tooltip = new object[]
        {
            new { field = "setting", type = "nominal" }, new { field = "placement", type = "nominal" },
            new { field = "counted", type = "nominal", title = "bytes counted" }, new { field = "told", type = "nominal", title = "bytes evaluated" },
        };
        return new
        {
            config = FigureStyle.Config,
            width = 520,
            height = new { step = 20 },
            data = new { values },
            layer = new object[]
            {
                new
                {
                    mark = new { type = "bar", height = 12 },
                    encoding = new
                    {
                        y,
                        x = new { field = "measured", type = "quantitative", title = "MB over the link", axis = new { tickCount = 8 } },
                        color = RealityScale.Placements(result),
                        tooltip,
                    },
                },
                new
                {
                    mark = new { type = "tick", color = FigureStyle.Ink, thickness = 2, height = 18, opacity = 1 },
                    encoding = new { y, x = new { field = "evaluated", type = "quantitative" }, tooltip },
                },
            },
        };
    }

    private static Table Data(RealityResult result)
    {
        var pairs = SettingPair.Of(result);
        return new Table(
            [
                TableColumn.Text("link", "link"),
                TableColumn.Text("placement", "placement"),
                TableColumn.Count("tokens per step", "tokensPerStep"),
                TableColumn.Count("counted by the ranks, bytes", "measuredLinkBytes"),
                TableColumn.Count("evaluated, bytes", "evaluatedLinkBytes"),
                TableColumn.Count("counted by the adapters, bytes", "adapterBytes"),
                new("of the first placement, counted", "measuredOfFirst", v => Quantity.Percent((double?)v)),
                new("of the first placement, evaluated", "evaluatedOfFirst", v => Quantity.Percent((double?)v)),
            ],
            [
                .. result.Settings.Select(s =>
                {
                    var pair = pairs.FirstOrDefault(p => p.After == s);
                    return new object?[]
                    {
                        PlainText.Clean(s.Link, 40), PlainText.Clean(s.Placement, 40), s.TokensPerStep, s.MeasuredLinkBytes, s.EvaluatedLinkBytes,
                        s.AdapterBytes, pair is null ? 1 : pair.MeasuredBytes, pair is null ? 1 : pair.EvaluatedBytes,
                    };
                }),
            ]).WithoutUnknown();
    }
}
