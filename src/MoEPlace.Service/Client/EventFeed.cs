using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using MoEPlace.Service.State;

namespace MoEPlace.Service.Client;

/// <summary>Follows the events of a service, over breaks of the line and changes of the leader, without missing or repeating one.</summary>
/// <param name="client">What asks.</param>
/// <param name="job">Of one job; null for all.</param>
/// <param name="after">Begins behind the event of this sequence number; null for what happens from now on.</param>
public sealed class EventFeed(ServiceClient client, string? job = null, long? after = null)
{
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(25);
    private static readonly TimeSpan BetweenTries = TimeSpan.FromSeconds(1);
    private long? last = after;

    /// <summary>Told when the line is open (null), and when it broke: why.</summary>
    public event Action<string?>? Line;

    /// <summary>The events.</summary>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="InputException">The service found faults in what was asked.</exception>
    /// <exception cref="IOException">No service answers at first, or it refuses.</exception>
    public async IAsyncEnumerable<ServiceEvent> ReadAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        for (var first = true; ; first = false)
        {
            StreamReader? lines = null;
            try
            {
                lines = await OpenAsync(cancellation).ConfigureAwait(false);
            }
            catch (IOException e) when (!first)
            {
                Line?.Invoke(e.Message);
            }
            if (lines is not null)
            {
                Line?.Invoke(null);
                using (lines)
                    while (await NextAsync(lines, cancellation).ConfigureAwait(false) is { } block)
                        if (Read(block) is { } e)
                            yield return e;
                Line?.Invoke("the line broke");
            }
            await Task.Delay(BetweenTries, cancellation).ConfigureAwait(false);
        }
    }

    private async Task<StreamReader> OpenAsync(CancellationToken cancellation)
    {
        var query = new List<string>();
        if (job is not null)
            query.Add($"job={Uri.EscapeDataString(job)}");
        if (last is { } known)
            query.Add(string.Create(CultureInfo.InvariantCulture, $"after={known}"));
        var path = $"api/events?{string.Join('&', query)}".TrimEnd('?');
        var response = await client.SendAsync(() => new HttpRequestMessage(HttpMethod.Get, path), cancellation).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
            using (response)
                await client.ReadAsync(response, cancellation).ConfigureAwait(false);
        return new StreamReader(await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false), Encoding.UTF8);
    }

    /// <summary>The next lines up to an empty one; null when the line broke or nothing came for too long.</summary>
    private static async Task<List<string>?> NextAsync(StreamReader lines, CancellationToken cancellation)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        silence.CancelAfter(LongestSilence);
        var block = new List<string>();
        try
        {
            while (await lines.ReadLineAsync(silence.Token).ConfigureAwait(false) is { } line)
            {
                if (line.Length == 0)
                    return block;
                block.Add(line);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or HttpRequestException && !cancellation.IsCancellationRequested)
        {
            // Asked for again from where it stood.
        }
        cancellation.ThrowIfCancellationRequested();
        return null;
    }

    private ServiceEvent? Read(List<string> block)
    {
        ServiceEvent? e = null;
        foreach (var line in block)
            if (line.StartsWith("data: ", StringComparison.Ordinal))
                e = StrictJson.Parse<ServiceEvent>(Encoding.UTF8.GetBytes(line["data: ".Length..]), "event");
            else if (line.StartsWith("id: ", StringComparison.Ordinal) && long.TryParse(line["id: ".Length..], CultureInfo.InvariantCulture, out var id))
                last = id;
        return e;
    }
}
