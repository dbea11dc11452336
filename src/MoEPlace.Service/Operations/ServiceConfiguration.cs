using System.Collections;
using System.Globalization;
using System.Text.Json;

namespace MoEPlace.Service.Operations;

/// <summary>Where the options of the service come from: a file, over which stands the environment, over which stands the command line.</summary>
public static class ServiceConfiguration
{
    /// <summary>What the names of environment variables begin with.</summary>
    public const string Prefix = "MOEPLACE_SERVICE_";

    private const string Untold = "(not told)";
    private static readonly string[] Open = ["mostJobs", "mostBodyBytes", "logLevel", "file", "further faults"];

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
        var faulty = new HashSet<string>(StringComparer.Ordinal);
        var options = path is null ? new ServiceOptions() : OfFile(path, faults, faulty);
        foreach (var (name, value) in given.OrderBy(entry => entry.Key, StringComparer.Ordinal))
            options = With(options, name, value, faults);
        options = options with { Listen = listen ?? options.Listen, State = state ?? options.State };
        var checks = new InputFaults(path ?? "configuration");
        options.Check(checks);
        // What stands there in the wrong form is told already.
        faults.AddRange(checks.ToImmutable().Where(fault => !faulty.Contains(Key(fault))));
        faults.ThrowIfAny();
        return options;
    }

    /// <summary>What holds of a file; whatever does not is noted, and the keys that it stands under.</summary>
    private static ServiceOptions OfFile(string path, InputFaults faults, HashSet<string> faulty)
    {
        try
        {
            return StrictJson.Read<ServiceOptions>(path, ServiceOptions.FormatName);
        }
        catch (InputException e)
        {
            faults.AddRange(e.Faults.Select(WithoutSecret));
            faulty.UnionWith(e.Faults.Select(Key));
            return faulty.Overlaps(["file", "JSON", "$", "format"]) ? new ServiceOptions() : Rest(path, faulty);
        }
    }

    /// <summary>What a file holds under its other keys, so that their faults are told together with those.</summary>
    private static ServiceOptions Rest(string path, HashSet<string> faulty)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllText(path));
            var rest = document.RootElement.EnumerateObject().Where(entry => !faulty.Contains(entry.Name))
                .ToDictionary(entry => entry.Name, entry => entry.Value);
            return StrictJson.Parse<ServiceOptions>(JsonSerializer.SerializeToUtf8Bytes(rest), path);
        }
        catch (Exception e) when (e is InputException or JsonException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            return new ServiceOptions();
        }
    }

    private static string Key(InputFault fault) => fault.Field.Split('.', '[')[0];

    /// <summary>
    /// A slip of the pen must not put a token or a password on the screen: not under a key that we do not know either,
    /// nor in what is no JSON.
    /// </summary>
    private static InputFault WithoutSecret(InputFault fault)
    {
        var isKnown = !fault.Allowed.StartsWith("the keys ", StringComparison.Ordinal);
        return isKnown && fault.Field == "JSON" ? fault with { Allowed = "JSON" }
            : isKnown && Open.Contains(fault.Field, StringComparer.Ordinal) ? fault
            : fault with { Value = Untold };
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
