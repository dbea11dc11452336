using System.CommandLine;

namespace MoEPlace.Cli;

/// <summary><c>trace</c>: recordings in, joined, described, made up.</summary>
internal static class TraceCommand
{
    public static Command Create(Terminal terminal) => new("trace", "Recordings: import, merge, describe, synthesize.")
    {
        TraceImportCommand.Create(terminal),
        TraceMergeCommand.Create(terminal),
        TraceInfoCommand.Create(terminal),
        TraceSynthesizeCommand.Create(terminal),
    };
}
