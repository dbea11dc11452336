using System.Collections;
using System.Globalization;

namespace MoEPlace.Service.Operations;

/// <summary>Where the options of the service come from: a file, over which stands the environment, over which stands the command line.</summary>
public static class ServiceConfiguration
{
    /// <summary>What the names of environment variables begin with.</summary>
    public const string Prefix = "MOEPLACE_SERVICE_";

    private const string Untold = "(not told)";
    private static readonly string[] Secret = ["tokens", "state", "webhooks", "otlpEndpoint", "listen"];

    /// <summary>Reads and checks all of it.</summary>
    /// <param name="path">The file; null for the one of <c>MOEPLACE_SERVICE_CONFIG</c>, or none.</param>
    /// <param name="environment">The environment; an empty value counts as none.</param>
    /// <param name="listen">Where to listen, from the command line; null for what the others say.</param>
    /// <param name="state">Where the state is, from the command line; null for what the others say.</param>
    /// <exception cref="InputException">Something does not hold; every fault is told, and no secret.</exception>
    public static ServiceOptions Read(string? path, IDictionary environment, string? listen = null, string? state = null)
    {
        ArgumentNullException.ThrowIfNull(environment);
        var given = environment.Cast<DictionaryEntry>()
            .Where(entry => entry is { Key: string key, Value: string { Length: > 0 } } && key.StartsWith(Prefix, StringComparison.Ordinal))
            .ToDictionary(entry => ((string)entry.Key)[Prefix.Length..], entry => (string)entry.Value!, StringComparer.Ordinal);
        var faults = new InputFaults("environment");
        given.Remove("CONFIG", out var named);
        path ??= named;
        var options = path is null ? new ServiceOptions() : faults.Try(() => OfFile(path)) ?? new ServiceOptions();
        foreach (var (name, value) in given.OrderBy(entry => entry.Key, StringComparer.Ordinal))
            options = With(options, name, value, faults);
        options = options with { Listen = listen ?? options.Listen, State = state ?? options.State };
        var checks = new InputFaults(path ?? "configuration");
        options.Check(checks);
        faults.AddRange(checks.ToImmutable());
        faults.ThrowIfAny();
        return options;
    }

    private static ServiceOptions OfFile(string path)
    {
        try
        {
            return StrictJson.Read<ServiceOptions>(path, ServiceOptions.FormatName);
        }
        catch (InputException e)
        {
            // A slip of the pen must not put a token or a password on the screen.
            throw new InputException(e.Faults.Select(fault => Secret.Any(fault.Field.StartsWith) ? fault with { Value = Untold } : fault));
        }
    }

    private static ServiceOptions With(ServiceOptions options, string name, string value, InputFaults faults)
    {
        switch (name)
        {
            case "LISTEN":
                return options with { Listen = value };
            case "STATE":
                return options with { State = value };
            case "CERTIFICATE":
                return options with { Certificate = value };
            case "OTLP_ENDPOINT":
                return options with { OtlpEndpoint = value };
            case "LOG_LEVEL":
                return options with { LogLevel = value };
            case "MOST_JOBS":
                var jobs = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number);
                faults.Require(jobs, Prefix + name, value, "a whole number");
                return jobs ? options with { MostJobs = number } : options;
            case "MOST_BODY_BYTES":
                var bytes = long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var most);
                faults.Require(bytes, Prefix + name, value, "a whole number");
                return bytes ? options with { MostBodyBytes = most } : options;
            default:
                faults.Add(Prefix + name, Untold, "CONFIG, LISTEN, STATE, CERTIFICATE, OTLP_ENDPOINT, LOG_LEVEL, MOST_JOBS or MOST_BODY_BYTES behind the prefix");
                return options;
        }
    }
}
