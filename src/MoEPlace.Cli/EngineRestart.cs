using System.Collections.Immutable;
using System.ComponentModel;
using System.Diagnostics;
using MoEPlace.Service.Applies;
using MoEPlace.Service.Client;
using MoEPlace.Service.Jobs;

namespace MoEPlace.Cli;

/// <summary>Fetches the map that is wished, has a command put it in force, and tells the service how that went: one wish after another.</summary>
/// <param name="client">The service.</param>
/// <param name="folder">Where maps are written.</param>
/// <param name="command">The program and its first arguments; the map's path is the last.</param>
/// <param name="terminal">Where it is told.</param>
internal sealed class EngineRestart(ServiceClient client, string folder, ImmutableArray<string> command, Terminal terminal)
{
    private readonly Lock gate = new();
    private readonly HashSet<(string Job, int Apply, int Attempt)> begun = [];
    private Task last = Task.CompletedTask;

    /// <summary>Begins, behind what is under way; nothing for a wish that was told before.</summary>
    internal void Begin(EngineWish wish)
    {
        lock (gate)
            if (begun.Add((wish.Job, wish.Apply, wish.Attempt)))
                last = FollowAsync(last, wish);
    }

    private async Task FollowAsync(Task before, EngineWish wish)
    {
        await before.ConfigureAwait(false);
        await Task.Yield();
        var told = FormattableString.Invariant($"job {wish.Job}, apply {wish.Apply}, attempt {wish.Attempt}");
        try
        {
            var path = Path.Combine(folder, FormattableString.Invariant($"{wish.Job}-{wish.Apply}-{wish.Attempt}{ExtensionOf(wish.Engine)}"));
            var map = await client.GetBytesAsync($"api/jobs/{wish.Job}/placements/{wish.Placement}/map", CancellationToken.None).ConfigureAwait(false);
            OutputFile.Write(path, stream => stream.Write(map));
            terminal.Line($"{told}: {path}: {wish.Reason}");
            var why = await RunAsync(path).ConfigureAwait(false);
            await client.PostAsync<Apply>(
                FormattableString.Invariant($"api/jobs/{wish.Job}/applies/{wish.Apply}/outcome"), new EngineOutcome(why is null, why)).ConfigureAwait(false);
            terminal.Line($"{told}: {(why is null ? "in force" : "not in force: " + why)}");
        }
        catch (Exception e) when (e is IOException or InputException)
        {
            // It may be told again.
            lock (gate)
                begun.Remove((wish.Job, wish.Apply, wish.Attempt));
            terminal.Error($"{told}: {e.Message}");
        }
    }

    /// <summary>Null when the command says that the map is in force; else why not.</summary>
    private async Task<string?> RunAsync(string map)
    {
        var start = new ProcessStartInfo(command[0]) { UseShellExecute = false };
        foreach (var word in command.Skip(1).Append(map))
            start.ArgumentList.Add(word);
        try
        {
            using var process = Process.Start(start)!;
            await process.WaitForExitAsync().ConfigureAwait(false);
            return process.ExitCode == 0 ? null : FormattableString.Invariant($"{command[0]} exits with {process.ExitCode}");
        }
        catch (Win32Exception e)
        {
            return $"{command[0]} cannot be started: {e.Message}";
        }
    }

    private static string ExtensionOf(JobEngine engine) => engine switch
    {
        JobEngine.Vllm => ".jsonl",
        JobEngine.TensorrtLlm => ".yaml",
        _ => ".json",
    };
}
