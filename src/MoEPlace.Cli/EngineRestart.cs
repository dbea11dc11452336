using System.Collections.Immutable;
using System.ComponentModel;
using System.Diagnostics;
using MoEPlace.Service.Applies;
using MoEPlace.Service.Client;
using MoEPlace.Service.Jobs;

namespace MoEPlace.Cli;

/// <summary>
/// Fetches the map that is wished, has a command put it in force, and tells the service how that went, until it answers:
/// one wish after another.
/// </summary>
/// <param name="client">The service.</param>
/// <param name="folder">Where maps are written.</param>
/// <param name="command">The program and its first arguments; the map's path is the last.</param>
/// <param name="terminal">Where it is told.</param>
/// <param name="cancellation">Ends the asking.</param>
internal sealed class EngineRestart(
    ServiceClient client, string folder, ImmutableArray<string> command, Terminal terminal, CancellationToken cancellation)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(0.25);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(15);
    private readonly Lock gate = new();
    private readonly Dictionary<(string Job, int Apply, DateTimeOffset BeganAt), int> begun = [];
    private Task last = Task.CompletedTask;

    /// <summary>Begins, behind what is under way; nothing for a wish told before, or after a later one of the same apply.</summary>
    internal void Begin(EngineWish wish)
    {
        var apply = (wish.Job, wish.Apply, wish.BeganAt);
        lock (gate)
        {
            if (begun.TryGetValue(apply, out var attempt) && attempt >= wish.Attempt)
                return;
            begun[apply] = wish.Attempt;
            last = FollowAsync(last, wish);
        }
    }

    private async Task FollowAsync(Task before, EngineWish wish)
    {
        await before.ConfigureAwait(false);
        await Task.Yield();
        var told = FormattableString.Invariant($"job {wish.Job}, apply {wish.Apply}, attempt {wish.Attempt}");
        try
        {
            var why = await PutInForceAsync(wish, told).ConfigureAwait(false);
            var outcome = new EngineOutcome(wish.Attempt, why is null, why);
            var path = FormattableString.Invariant($"api/jobs/{wish.Job}/applies/{wish.Apply}/outcome");
            await UntilAnsweredAsync(told, () => client.PostAsync<Apply>(path, outcome, cancellation)).ConfigureAwait(false);
            terminal.Line($"{told}: {(why is null ? "in force" : "not in force: " + why)}");
        }
        catch (Exception e) when (e is IOException or InputException)
        {
            // The service awaits no outcome of it any more.
            terminal.Error($"{told}: {e.Message}");
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Nobody takes wishes any more.
        }
    }

    /// <summary>Null when the map is in force; else why not.</summary>
    private async Task<string?> PutInForceAsync(EngineWish wish, string told)
    {
        try
        {
            var at = $"api/jobs/{wish.Job}/placements/{wish.Placement}/map";
            var map = await UntilAnsweredAsync(told, () => client.GetBytesAsync(at, cancellation)).ConfigureAwait(false);
            var path = Path.Combine(folder, FormattableString.Invariant($"{wish.Job}-{wish.Apply}-{wish.Attempt}{ExtensionOf(wish.Engine)}"));
            OutputFile.Write(path, stream => stream.Write(map));
            terminal.Line($"{told}: {path}: {wish.Reason}");
            return await RunAsync(path).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or InputException)
        {
            return $"its map cannot be had: {e.Message}";
        }
    }

    /// <summary>Asks until the service answers, be it that it refuses: its leader may change, or it may be away for a while.</summary>
    private async Task<T> UntilAnsweredAsync<T>(string told, Func<Task<T>> ask)
    {
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                return await ask().ConfigureAwait(false);
            }
            catch (IOException e) when (e is not ServiceRefusedException)
            {
                terminal.Error($"{told}: {e.Message}; it is asked again");
            }
            await Task.Delay(pause, cancellation).ConfigureAwait(false);
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
