using MoEPlace.Service.Applies;
using MoEPlace.Service.Client;

namespace MoEPlace.Cli;

/// <summary>An apply of a placement service, told and followed on a terminal.</summary>
/// <param name="terminal">Where it is told.</param>
internal sealed class ServiceApply(Terminal terminal)
{
    private const int NotApplied = 1;
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(300);

    /// <summary>Begins an apply, waits for its end where that is asked for, and tells it.</summary>
    /// <param name="client">The service.</param>
    /// <param name="path">What is posted.</param>
    /// <param name="job">The job.</param>
    /// <param name="wished">The phase that it is begun for.</param>
    /// <param name="wait">Whether to wait for its end.</param>
    /// <param name="json">Whether it is told as JSON.</param>
    /// <param name="cancellation">Ends the waiting, not the apply.</param>
    /// <returns>The exit code: 1 when it ends in another phase than is wished.</returns>
    public async Task<int> RunAsync(
        ServiceClient client, string path, string job, Func<Apply, bool> wished, bool wait, bool json, CancellationToken cancellation)
    {
        var apply = await client.PostAsync<Apply>(path, null, cancellation).ConfigureAwait(false);
        if (wait)
            apply = await WaitAsync(client, apply, cancellation).ConfigureAwait(false);
        if (json)
            terminal.Json(apply);
        else
            terminal.Facts(FormattableString.Invariant($"apply {apply.Number}"), job, JobTables.Facts(apply));
        return !apply.IsOver || wished(apply) ? 0 : NotApplied;
    }

    private async Task<Apply> WaitAsync(ServiceClient client, Apply apply, CancellationToken cancellation)
    {
        var told = "";
        while (!apply.IsOver)
        {
            var state = $"{JobTables.Name(apply.Phase)}: {apply.Reason}";
            if (state != told)
                terminal.Error($"note: {told = state}");
            try
            {
                await Task.Delay(BetweenLooks, cancellation).ConfigureAwait(false);
                var list = await client.GetAsync<ApplyList>($"api/jobs/{apply.Job}/applies?most=20", cancellation).ConfigureAwait(false);
                apply = list.Applies.FirstOrDefault(a => a.Number == apply.Number) ?? throw new IOException("the apply is not on record any more");
            }
            catch (OperationCanceledException)
            {
                terminal.Error("note: the service goes on applying it; see `moeplace rollback`");
                throw;
            }
        }
        return apply;
    }
}
