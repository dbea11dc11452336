using System.CommandLine;
using MoEPlace.Placement.EngineMaps;
using MoEPlace.Traces.Models;
using MoEPlace.Traces.Npy;

namespace MoEPlace.Cli;

/// <summary><c>placement import</c>: the map that an engine runs today as a placement, to be judged beside ours.</summary>
internal static class PlacementImportCommand
{
    private const string Omni = "omni";

    public static Command Create(Terminal terminal)
    {
        var map = new Argument<string>("map") { Description = "The engine's map file." };
        var engine = new Option<string>("--from") { Description = "The engine.", Required = true };
        engine.AcceptOnlyFromAmong([.. EngineMapFile.Engines, Omni]);
        var model = new Option<string>("--model")
        {
            Description = $"A config.json or a built-in model: {string.Join(", ", ModelConfig.BuiltIn)}.",
            Required = true,
        };
        var layers = new Option<string?>("--moe-layers")
        {
            Description = "Model layer ids of the MoE layers, for example 1-26; default: as the model says.",
        };
        var cluster = CommonOptions.Cluster();
        cluster.Required = true;
        var output = CommonOptions.Output("The placement to write.");
        var command = new Command("import", "Read an engine's map.") { map, engine, model, layers, cluster, output };
        command.SetAction(parsed =>
        {
            var (name, path) = (parsed.GetValue(engine)!, parsed.GetValue(map)!);
            var faults = new InputFaults("placement import");
            var on = faults.Try(() => ClusterPresets.Parse(parsed.GetValue(cluster)!));
            var of = faults.Try(() => ModelConfig.Read(parsed.GetValue(model)!, parsed.GetValue(layers)));
            faults.RequireOutputs([path, parsed.GetValue(model)], ("--output", parsed.GetValue(output)));
            faults.ThrowIfAny();
            var context = EngineMapContext.Of(of!, on!.Nodes, on.RanksPerNode);
            var placement = name == Omni ? ReadOmni(path, context) : EngineMapFile.Read(name, path, context);
            ExpertPlacementFile.Write(parsed.GetValue(output)!, placement);
            terminal.Line(parsed.GetValue(output)!);
        });
        return command;
    }

    private static ExpertPlacement ReadOmni(string path, EngineMapContext context)
    {
        using var file = NpyFile.Open(path);
        var shape = file.Header.Shape;
        if (shape.Length != 3 || file.Header.Type is not (NpyType.U1 or NpyType.B1) || shape.Any(size => size is < 1 or > ushort.MaxValue)
            || shape[0] * shape[1] * shape[2] > int.MaxValue)
            throw new InputException(
                path, "array", $"{file.Header.Type} [{string.Join(", ", shape)}]", "one-hot bytes U1 [ranks, layers, experts]");
        var values = new long[shape[0] * shape[1] * shape[2]];
        file.CopyIntegers(0, values);
        return OmniPlacement.FromOneHot<long>(values, (int)shape[0], (int)shape[1], (int)shape[2], context, path);
    }
}
