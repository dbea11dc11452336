using System.Collections.Immutable;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using MoEPlace.Service.Client;
using MoEPlace.Service.Decisions;
using MoEPlace.Service.Operations;
using MoEPlace.Service.State;
using MoEPlace.Traces;
using Xunit;

namespace MoEPlace.Service.Tests.Api;

/// <summary>A whole service in this process: SQLite in a folder of its own, a port that was free, a log that is kept.</summary>
internal sealed class LiveService : IAsyncDisposable
{
    /// <summary>Tokens by role, as a person would hold them.</summary>
    public static readonly ImmutableDictionary<TokenRole, string> Secrets = ImmutableDictionary.CreateRange(
        Enum.GetValues<TokenRole>().Select(role => KeyValuePair.Create(role, $"secret-of-{role}-0123456789")));

    private readonly TemporaryFolder folder;
    private readonly StateStore state;
    private readonly StringWriter log;
    private int disposed;

    private LiveService(TemporaryFolder folder, StateStore state, PlacementService service, ServiceHost host, StringWriter log) =>
        (this.folder, this.state, Service, Host, this.log) = (folder, state, service, host, log);

    public PlacementService Service { get; }

    public ServiceHost Host { get; }

    /// <summary>What was logged so far.</summary>
    public string Log => log.ToString();

    /// <summary>Options with a token for each role.</summary>
    public static ServiceOptions WithTokens { get; } = new(
        Listen: "http://127.0.0.1:0",
        Tokens: [.. Secrets.Select(secret => new TokenOptions(NameOf(secret.Key), secret.Key, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret.Value)))))]);

    /// <summary>What a token is called.</summary>
    public static string NameOf(TokenRole role) => $"who-may-{role.ToString().ToLowerInvariant()}";

    /// <summary>Starts one, and waits until it leads.</summary>
    public static async Task<LiveService> StartAsync(ServiceOptions? options = null, DecisionWorker? worker = null, string? database = null)
    {
        var folder = new TemporaryFolder();
        options = (options ?? new ServiceOptions(Listen: "http://127.0.0.1:0")) with { State = database ?? $"sqlite:{folder.File("state.db")}" };
        var state = await StateStore.OpenAsync(options.State);
        var service = PlacementService.Start(state, new ServiceParts { Options = options, Worker = worker ?? DecideAsync, Scratch = folder.File("scratch") });
        var log = new StringWriter();
        var host = await ServiceHost.StartAsync(options, service, log, TestContext.Current.CancellationToken);
        // Another that shares the database may lead.
        while (database is null && !service.Leads)
            await Task.Delay(10, TestContext.Current.CancellationToken);
        return new LiveService(folder, state, service, host, log);
    }

    /// <summary>A client with the token of a role; null for none.</summary>
    public ServiceClient Client(TokenRole? role = null) => new([Host.Address], role is { } has ? Secrets[has] : null);

    /// <summary>Sends a request as it is.</summary>
    public async Task<(int Status, string Body, HttpResponseMessage Answer)> SendAsync(
        string method, string path, HttpContent? content = null, string? token = null, params (string Name, string Value)[] headers)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(Host.Address, path)) { Content = content };
        if (token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        var answer = await http.SendAsync(request, TestContext.Current.CancellationToken);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), answer);
    }

    /// <summary>JSON to send.</summary>
    public static HttpContent Json(object value) => Json(JsonSerializer.Serialize(value, value.GetType(), StrictJson.OneLine));

    /// <summary>JSON to send.</summary>
    public static HttpContent Json(string text) => new StringContent(text, Encoding.UTF8, "application/json");

    /// <summary>Bytes to send.</summary>
    public static HttpContent Bytes(byte[] bytes, string type)
    {
        var content = new ByteArrayContent(bytes);
        content.Headers.ContentType = new MediaTypeHeaderValue(type);
        return content;
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) != 0)
            return;
        await Host.DisposeAsync();
        await Service.DisposeAsync();
        await state.DisposeAsync();
        folder.Dispose();
    }

    private static Task<Decision> DecideAsync(DecisionInput input, string trace, CancellationToken cancellation) => Task.Run(
        () =>
        {
            using var window = RoutingTrace.Open(trace);
            return Decider.Decide(input, window, cancellation);
        },
        cancellation);
}
