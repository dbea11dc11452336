using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using MoEPlace.Service.Operations;

namespace MoEPlace.Service.Applies;

/// <summary>
/// Tells the operators of engines other than ours what is wished. Signed with HMAC-SHA-256 over the body where the webhook has a secret, in the header
/// <c>X-MoEPlace-Signature: sha256=HEX</c>. <see cref="ApplyDesk"/> tells again what is not taken, and so does whoever leads
/// next: whoever takes it looks at <c>beganAt</c>, <c>apply</c> and <c>attempt</c>.
/// </summary>
internal sealed class WebhookCourier : IDisposable
{
    private readonly HttpClient http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false }) { Timeout = TimeSpan.FromSeconds(10) };
    private readonly Dictionary<string, (Uri Url, byte[]? Key)> hooks = new(StringComparer.Ordinal);

    /// <summary>Takes the webhooks of a configuration; their secrets are read now.</summary>
    /// <exception cref="InputException">A secret cannot be read, or an address is none; every fault is told.</exception>
    internal WebhookCourier(ServiceOptions options)
    {
        var faults = new InputFaults("configuration");
        foreach (var hook in options.Webhooks ?? [])
        {
            var valid = Uri.TryCreate(hook.Url, UriKind.Absolute, out var url) && (url.Scheme == "https" || (url.Scheme == "http" && url.IsLoopback));
            faults.Require(valid, $"webhooks.{hook.Name}.url", hook.Url, "https, or http on loopback");
            var key = hook.SecretFile is { } file ? ReadKey(file, hook.Name, faults) : null;
            if (valid)
                faults.Require(hooks.TryAdd(hook.Name, (url!, key)), "webhooks", hook.Name, "each name once");
        }
        faults.ThrowIfAny();
    }

    /// <summary>Names of the webhooks.</summary>
    internal IReadOnlyCollection<string> Names => hooks.Keys;

    /// <summary>Tells a webhook, once.</summary>
    /// <returns>Null when it was taken; else why not.</returns>
    internal async Task<string?> TellAsync(string name, EngineWish wish, CancellationToken cancellation)
    {
        if (!hooks.TryGetValue(name, out var hook))
            return "the service is not configured with it any more";
        var body = JsonSerializer.SerializeToUtf8Bytes(wish, StrictJson.OneLine);
        try
        {
            using var message = new HttpRequestMessage(HttpMethod.Post, hook.Url) { Content = new ByteArrayContent(body) };
            message.Content.Headers.ContentType = new("application/json");
            if (hook.Key is { } key)
                message.Headers.Add("X-MoEPlace-Signature", "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(key, body)));
            const HttpCompletionOption heads = HttpCompletionOption.ResponseHeadersRead;
            using var response = await http.SendAsync(message, heads, cancellation).ConfigureAwait(false);
            return response.IsSuccessStatusCode ? null : $"it answers {(int)response.StatusCode}";
        }
        catch (HttpRequestException e)
        {
            return e.Message;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return "it does not answer within 10 s";
        }
    }

    /// <inheritdoc/>
    public void Dispose() => http.Dispose();

    private static byte[]? ReadKey(string file, string name, InputFaults faults)
    {
        try
        {
            var text = File.ReadAllText(file).Trim();
            if (faults.Require(text.Length >= 16, $"webhooks.{name}.secretFile", $"{text.Length} characters", "16 or more"))
                return Encoding.UTF8.GetBytes(text);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            faults.Add($"webhooks.{name}.secretFile", file, "a file that can be read");
        }
        return null;
    }
}
