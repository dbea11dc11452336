using System.CommandLine;
using MoEPlace.Placement;
using MoEPlace.Traces.Models;

namespace MoEPlace.Cli;

/// <summary><c>placement diff</c>: moves, bytes and time between two placements.</summary>
internal static class PlacementDiffCommand
{
    private const int MovesShown = 20;

    public static Command Create(Terminal terminal)
    {
        var before = new Argument<string>("before") { Description = "The placement in force." };
        var after = new Argument<string>("after") { Description = "The placement to come." };
        var model = new Option<string?>("--model")
        {
            Description = "A config.json or a built-in model, for bytes and time; default: the placement's model when it is built in.",
        };
        var cluster = CommonOptions.Cluster("Default: nodes and ranks of the placement with the default preset's figures.");
        var json = CommonOptions.Json();
        var command = new Command("diff", "Tell what migrating from one placement to another moves.")
        {
            before, after, model, cluster, json,
        };
        command.SetAction(parsed =>
        {
            var faults = new InputFaults("placement diff");
            var from = faults.Try(() => ExpertPlacementFile.Read(parsed.GetValue(before)!));
            var to = faults.Try(() => ExpertPlacementFile.Read(parsed.GetValue(after)!));
            var shape = parsed.GetValue(cluster) ?? (from is null ? null : $"{from.Nodes}x{from.RanksPerNode}");
            var on = faults.Try(() => shape is null ? null : ClusterPresets.Parse(shape));
            var name = parsed.GetValue(model) ?? (from is not null && ModelConfig.BuiltIn.Contains(from.Model) ? from.Model : null);
            var sizes = faults.Try(() => name is null ? null : ModelConfig.Read(name));
            if (sizes is not null && from is not null)
                faults.Require(
                    sizes.Experts == from.Experts && sizes.HiddenLayers == from.HiddenLayers, "--model",
                    $"{sizes.Name}, {sizes.HiddenLayers} layers, {sizes.Experts} experts",
                    $"the model of the placements: {from.HiddenLayers} layers, {from.Experts} experts");
            faults.ThrowIfAny();
            var diff = PlacementDiff.Between(from!, to!, sizes?.Dimensions, on);
            if (parsed.GetValue(json))
                terminal.Json(ToJson(diff));
            else
                Print(terminal, diff);
        });
        return command;
    }

    private static Migration ToJson(PlacementDiff diff) => new(
        [.. diff.Moves.Select(m => new Move(m.Layer.Value, m.Expert.Value, m.From?.Value, m.To.Value, m.Source.Value))],
        diff.SlotsKept, diff.CopiesDropped, diff.MovedExperts, diff.Bytes, diff.Time);

    private static void Print(Terminal terminal, PlacementDiff diff)
    {
        terminal.Facts("migration", "",
        [
            ["moves", MeasureTable.Count(diff.Moves.Length)],
            ["slots kept", MeasureTable.Count(diff.SlotsKept)],
            ["copies dropped", MeasureTable.Count(diff.CopiesDropped)],
            ["bytes", MeasureTable.Bytes(diff.Bytes)],
            ["time, links otherwise idle", MeasureTable.Seconds(diff.Time?.Seconds)],
        ]);
        if (diff.Moves.Length == 0)
            return;
        terminal.Table(
            ["layer", "expert", "from rank", "to rank"],
            diff.Moves.Take(MovesShown).Select(m => (IReadOnlyList<string>)[$"{m.Layer}", $"{m.Expert}", $"{m.Source}", $"{m.To}"]));
        if (diff.Moves.Length > MovesShown)
            terminal.Line($"and {MeasureTable.Count(diff.Moves.Length - MovesShown)} more (--json lists all)");
    }

    /// <summary>A diff as it is printed: ids are bare numbers.</summary>
    private sealed record Migration(
        Move[] Moves, long SlotsKept, long CopiesDropped, long MovedExperts, long? Bytes, MigrationTime? Time);

    private sealed record Move(int Layer, int Expert, int? From, int To, int Source);
}
