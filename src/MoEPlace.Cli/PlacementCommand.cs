using System.CommandLine;

namespace MoEPlace.Cli;

/// <summary><c>placement</c>: engines' maps in and out, and what lies between two placements.</summary>
internal static class PlacementCommand
{
    public static Command Create(Terminal terminal) => new(
        "placement", "Engines' maps in and out; what migrating between two placements moves.")
    {
        PlacementImportCommand.Create(terminal),
        PlacementExportCommand.Create(terminal),
        PlacementDiffCommand.Create(terminal),
    };
}
