using System.CommandLine;
using MoEPlace.Placement.EngineMaps;

namespace MoEPlace.Cli;

/// <summary><c>placement export</c>: a placement as the map file of an engine.</summary>
internal static class PlacementExportCommand
{
    public static Command Create(Terminal terminal)
    {
        var placement = new Argument<string>("placement") { Description = "A placement file." };
        var engine = new Option<string>("--to") { Description = "The engine.", Required = true };
        engine.AcceptOnlyFromAmong([.. EngineMapFile.Engines]);
        var output = CommonOptions.Output("The map file to write.");
        var command = new Command("export", "Write a placement as an engine's map (vllm: for the loader of an open pull request).")
        {
            placement, engine, output,
        };
        command.SetAction(parsed =>
        {
            var (name, path) = (parsed.GetValue(engine)!, parsed.GetValue(output)!);
            var faults = new InputFaults("placement export");
            faults.RequireOutputs([parsed.GetValue(placement)], ("--output", path));
            faults.ThrowIfAny();
            EngineMapFile.Write(name, path, ExpertPlacementFile.Read(parsed.GetValue(placement)!));
            terminal.Line(path);
        });
        return command;
    }
}
