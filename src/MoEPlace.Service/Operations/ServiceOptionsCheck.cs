using System.Globalization;
using Microsoft.Extensions.Logging;
using MoEPlace.Service.Jobs;

namespace MoEPlace.Service.Operations;

/// <summary>What must hold of the options of the service before it begins; secrets are not told.</summary>
internal static class ServiceOptionsCheck
{
    private const string Untold = "(not told)";

    /// <summary>Notes every fault.</summary>
    public static void Check(ServiceOptions options, InputFaults faults)
    {
        faults.Require(options.Format == ServiceOptions.FormatName, "format", options.Format, $"\"{ServiceOptions.FormatName}\"");
        var listen = ListenAddress.Parse(options.Listen);
        faults.Require(listen is not null, "listen", options.Listen.Contains('@', StringComparison.Ordinal) ? Untold : options.Listen, ListenAddress.Allowed);
        var tokens = options.Tokens ?? [];
        if (listen is { IsLoopback: false })
        {
            faults.Require(listen.IsSecure, "listen", options.Listen, "https beyond this machine");
            faults.Require(!tokens.IsEmpty, "tokens", null, "at least one, where others than this machine can ask");
        }
        if (options.Certificate is { } path)
            faults.Try(() => ServerCertificate.Load(path))?.Dispose();
        else
            faults.Require(listen is not { IsSecure: true }, "certificate", null, "a PEM file with certificate and key, for https");
        faults.Require(options.State.Length > 0 && options.State != "sqlite:", "state", Untold, "sqlite:FILE, or a connection string of PostgreSQL");
        CheckTokens(options, faults);
        CheckWebhooks(options, faults);
        if (options.OtlpEndpoint is { } otlp)
            faults.Require(IsHttp(otlp, out _), "otlpEndpoint", Untold, "http:// or https:// and an address, without name and password");
        faults.Require(options.MostJobs is >= 1 and <= 10_000, "mostJobs", options.MostJobs, "1 to 10,000");
        faults.Require(options.MostBodyBytes is >= 4_096 and <= 1L << 30, "mostBodyBytes", options.MostBodyBytes, "4,096 to 1,073,741,824");
        faults.Require(TryLevel(options.LogLevel, out _), "logLevel", options.LogLevel, "trace, debug, information, warning or error");
    }

    /// <summary>The level of a name.</summary>
    public static bool TryLevel(string name, out LogLevel level) =>
        Enum.TryParse(name, ignoreCase: true, out level) && level is >= LogLevel.Trace and <= LogLevel.Error && name.All(c => char.IsAsciiLetterLower(c));

    private static void CheckTokens(ServiceOptions options, InputFaults faults)
    {
        var (names, digests) = (new HashSet<string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.OrdinalIgnoreCase));
        foreach (var (i, token) in (options.Tokens ?? []).Index())
        {
            var at = string.Create(CultureInfo.InvariantCulture, $"tokens[{i}]");
            // Those two are what the record says of who asked.
            faults.Require(
                JobSpec.IsName(token.Name) && token.Name is not ("local" or "policy"), $"{at}.name", Untold,
                "1 to 63 of a-z, 0-9 and -, the first none of -; not local or policy");
            faults.Require(names.Add(token.Name), $"{at}.name", Untold, "each name once");
            faults.Require(Enum.IsDefined(token.Role), $"{at}.role", token.Role, "read, submit or apply");
            var isDigest = token.Sha256.Length == 64 && token.Sha256.All(char.IsAsciiHexDigit);
            faults.Require(isDigest, $"{at}.sha256", Untold, "64 hexadecimal digits: the SHA-256 of the token, not the token");
            faults.Require(!isDigest || digests.Add(token.Sha256), $"{at}.sha256", Untold, "each token once");
        }
    }

    private static void CheckWebhooks(ServiceOptions options, InputFaults faults)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (i, webhook) in (options.Webhooks ?? []).Index())
        {
            var at = string.Create(CultureInfo.InvariantCulture, $"webhooks[{i}]");
            faults.Require(JobSpec.IsName(webhook.Name), $"{at}.name", webhook.Name, "1 to 63 of a-z, 0-9 and -, the first none of -");
            faults.Require(names.Add(webhook.Name), $"{at}.name", webhook.Name, "each name once");
            faults.Require(
                IsHttp(webhook.Url, out var uri) && (uri!.Scheme == Uri.UriSchemeHttps || uri.IsLoopback), $"{at}.url", Untold,
                "https, or http on this machine, without name and password");
            if (webhook.SecretFile is { } file)
                faults.Require(IsReadable(file), $"{at}.secretFile", Untold, "a file that can be read and is not empty");
        }
    }

    private static bool IsReadable(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            return file.Length > 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return false;
        }
    }

    private static bool IsHttp(string text, out Uri? uri) =>
        Uri.TryCreate(text, UriKind.Absolute, out uri) && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps) && uri.UserInfo.Length == 0;
}
