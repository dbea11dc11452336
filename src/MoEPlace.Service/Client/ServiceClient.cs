using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using MoEPlace.Service.Jobs;

namespace MoEPlace.Service.Client;

/// <summary>Talks to a placement service, or to several that share their state, of which one leads.</summary>
public sealed class ServiceClient : IDisposable
{
    /// <summary>Content type of rows (<see cref="Routing.RowsFrame"/>).</summary>
    public const string RowsType = "application/vnd.moeplace.rows";

    /// <summary>Content type of counts (<see cref="Routing.CountsFrame"/>).</summary>
    public const string CountsType = "application/vnd.moeplace.counts";

    private readonly HttpClient http;
    private readonly Uri[] addresses;
    private int at;

    /// <summary>Takes addresses and a token.</summary>
    /// <param name="addresses">One or more, such as http://127.0.0.1:7077; asked in turn until one leads.</param>
    /// <param name="token">The bearer token; null for none.</param>
    /// <param name="handler">What sends; null for the system's.</param>
    /// <param name="patience">How long an address may take to answer; null for 30 s.</param>
    public ServiceClient(IReadOnlyList<Uri> addresses, string? token = null, HttpMessageHandler? handler = null, TimeSpan? patience = null)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        this.addresses = [.. addresses];
        http = handler is null ? new HttpClient() : new HttpClient(handler);
        http.Timeout = patience ?? TimeSpan.FromSeconds(30);
        if (token is not null)
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    /// <summary>Asks for JSON.</summary>
    /// <exception cref="InputException">The service found faults in what was sent; every one is told.</exception>
    /// <exception cref="IOException">No service answers, or it refuses; the message says why.</exception>
    public async Task<T> GetAsync<T>(string path, CancellationToken cancellation = default)
        where T : class
    {
        using var response = await SendAsync(() => new HttpRequestMessage(HttpMethod.Get, path), cancellation).ConfigureAwait(false);
        return await ReadAsync<T>(response, cancellation).ConfigureAwait(false);
    }

    /// <summary>Asks for a file.</summary>
    /// <exception cref="InputException">The service found faults in what was sent; every one is told.</exception>
    /// <exception cref="IOException">No service answers, or it refuses; the message says why.</exception>
    public async Task<byte[]> GetBytesAsync(string path, CancellationToken cancellation = default)
    {
        using var response = await SendAsync(() => new HttpRequestMessage(HttpMethod.Get, path), cancellation).ConfigureAwait(false);
        return await ReadAsync(response, cancellation).ConfigureAwait(false);
    }

    /// <summary>Posts JSON and takes JSON.</summary>
    /// <exception cref="InputException">The service found faults in what was sent; every one is told.</exception>
    /// <exception cref="IOException">No service answers, or it refuses; the message says why.</exception>
    public async Task<T> PostAsync<T>(string path, object? body, CancellationToken cancellation = default)
        where T : class
    {
        // As bytes, so that their length is told before they come.
        var bytes = body is null ? null : JsonSerializer.SerializeToUtf8Bytes(body, body.GetType(), StrictJson.OneLine);
        using var response = await SendAsync(
            () => new HttpRequestMessage(HttpMethod.Post, path) { Content = bytes is null ? null : Content(bytes, "application/json") },
            cancellation).ConfigureAwait(false);
        return await ReadAsync<T>(response, cancellation).ConfigureAwait(false);
    }

    /// <summary>Posts bytes.</summary>
    /// <exception cref="InputException">The service found faults in what was sent; every one is told.</exception>
    /// <exception cref="IOException">No service answers, or it refuses; the message says why.</exception>
    public async Task PostAsync(string path, ReadOnlyMemory<byte> body, string type, CancellationToken cancellation = default)
    {
        using var response = await SendAsync(
            () => new HttpRequestMessage(HttpMethod.Post, path) { Content = Content(body, type) }, cancellation).ConfigureAwait(false);
        await ReadAsync(response, cancellation).ConfigureAwait(false);
    }

    /// <summary>Asks for something to be removed.</summary>
    /// <exception cref="IOException">No service answers, or it refuses; the message says why.</exception>
    public async Task DeleteAsync(string path, CancellationToken cancellation = default)
    {
        using var response = await SendAsync(() => new HttpRequestMessage(HttpMethod.Delete, path), cancellation).ConfigureAwait(false);
        await ReadAsync(response, cancellation).ConfigureAwait(false);
    }

    /// <summary>Registers a job; one that is registered already with the same model, cluster and engine goes on as it is.</summary>
    public Task<JobView> RegisterAsync(JobSpec spec, CancellationToken cancellation = default) => PostAsync<JobView>("api/jobs", spec, cancellation);

    /// <summary>Reports of a job and takes what is wished of it.</summary>
    public Task<ReportReply> ReportAsync(string job, JobReport report, CancellationToken cancellation = default) =>
        PostAsync<ReportReply>($"api/jobs/{job}/report", report, cancellation);

    /// <summary>A placement by its digest.</summary>
    /// <exception cref="InputException">It is none.</exception>
    public async Task<ExpertPlacement> PlacementAsync(string job, string digest, CancellationToken cancellation = default)
    {
        var content = await GetAsync<object>($"api/jobs/{job}/placements/{digest}", cancellation).ConfigureAwait(false);
        return ExpertPlacementFile.Parse(((JsonElement)content).GetRawText(), "placement");
    }

    /// <inheritdoc/>
    public void Dispose() => http.Dispose();

    /// <summary>
    /// Sends to the address that answered last; to the next one where it does not lead or is not there. What may have been done already is asked for
    /// once more only where asking changes nothing.
    /// </summary>
    public async Task<HttpResponseMessage> SendAsync(Func<HttpRequestMessage> request, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request);
        var why = "";
        for (var tries = 0; tries < addresses.Length; tries++)
        {
            var (address, reached) = (addresses[at % addresses.Length], false);
            using var message = request();
            message.RequestUri = new Uri(address, message.RequestUri!);
            try
            {
                var response = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellation).ConfigureAwait(false);
                if (response.StatusCode != HttpStatusCode.ServiceUnavailable)
                    return response;
                why += $"; {address} does not lead now";
                response.Dispose();
            }
            catch (HttpRequestException e)
            {
                why += $"; {address}: {e.Message}";
                reached = e.HttpRequestError is not (HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError);
            }
            catch (TaskCanceledException) when (!cancellation.IsCancellationRequested)
            {
                why += $"; {address} did not answer within {http.Timeout.TotalSeconds} s";
                reached = true;
            }
            at++;
            if (reached && message.Method != HttpMethod.Get)
                break;
        }
        throw new IOException($"no service answers{why}");
    }

    private static ReadOnlyMemoryContent Content(ReadOnlyMemory<byte> body, string type)
    {
        var content = new ReadOnlyMemoryContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue(type);
        return content;
    }

    private async Task<T> ReadAsync<T>(HttpResponseMessage response, CancellationToken cancellation)
        where T : class
    {
        var bytes = await ReadAsync(response, cancellation).ConfigureAwait(false);
        return typeof(T) == typeof(object) ? (T)(object)JsonSerializer.Deserialize<JsonElement>(bytes) : StrictJson.Parse<T>(bytes, "answer");
    }

    /// <summary>The body of an answer.</summary>
    /// <exception cref="InputException">The service found faults in what was sent; every one is told.</exception>
    /// <exception cref="ServiceRefusedException">It refuses, and would again; the message says why.</exception>
    /// <exception cref="IOException">It cannot answer now; the message says why.</exception>
    internal async Task<byte[]> ReadAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(http.Timeout);
        byte[] bytes;
        try
        {
            bytes = await response.Content.ReadAsByteArrayAsync(limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            throw new IOException($"the answer of the service was cut off: {e.Message}", e);
        }
        if (response.IsSuccessStatusCode)
            return bytes;
        var problem = response.Content.Headers.ContentType?.MediaType == "application/json" ? StrictJson.Parse<Problem>(bytes, "answer") : null;
        if (problem is { Faults: { IsDefaultOrEmpty: false } faults })
            throw new InputException(faults);
        var answer = $"the service answers {(int)response.StatusCode}: {problem?.Message ?? response.ReasonPhrase}";
        var isFinal = (int)response.StatusCode is >= 400 and < 500 and not (408 or 429);
        throw isFinal ? new ServiceRefusedException(answer) : new IOException(answer);
    }
}
