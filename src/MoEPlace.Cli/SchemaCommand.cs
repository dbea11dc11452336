using System.CommandLine;
using System.Text.Json.Schema;
using MoEPlace.Executor.Training;
using MoEPlace.Results;
using MoEPlace.Service.Jobs;
using MoEPlace.Service.Operations;
using MoEPlace.Simulation.Scenarios;

namespace MoEPlace.Cli;

/// <summary><c>schema</c>: the JSON Schema of a file of ours.</summary>
internal static class SchemaCommand
{
    public static Command Create(Terminal terminal)
    {
        var name = new Argument<string>("name")
        {
            Description = "placement, cluster, model, scenario, result, simulation, training, gates, calibration, reality, service, job or policy.",
        };
        name.AcceptOnlyFromAmong(
            "placement", "cluster", "model", "scenario", "result", "simulation", "training", "gates", "calibration", "reality", "service", "job", "policy");
        var command = new Command("schema", "Print the JSON Schema of a file of ours.") { name };
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(name) == "scenario")
            {
                terminal.Json(ScenarioSchema.Make());
                return;
            }
            var type = parsed.GetValue(name) switch
            {
                "placement" => ExpertPlacementFile.ContentType,
                "cluster" => typeof(Cluster),
                "model" => typeof(MoEModel),
                "simulation" => typeof(SimulationResult),
                "training" => typeof(TrainingLog),
                "gates" => typeof(GateStudy),
                "calibration" => typeof(CalibrationMeasurements),
                "reality" => typeof(RealityResult),
                "service" => typeof(ServiceOptions),
                "job" => typeof(JobSpec),
                "policy" => typeof(LoopPolicy),
                _ => typeof(ResultFile),
            };
            terminal.Json(StrictJson.Options.GetJsonSchemaAsNode(type));
        });
        return command;
    }
}
