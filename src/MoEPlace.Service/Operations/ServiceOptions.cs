using System.Collections.Immutable;

namespace MoEPlace.Service.Operations;

/// <summary>How the service is run; the content of its configuration file.</summary>
/// <param name="Format">Always <see cref="FormatName"/>.</param>
/// <param name="Listen">Where it listens. Default: http://127.0.0.1:7077. Beyond loopback only https, with tokens.</param>
/// <param name="State">Where its state is: <c>sqlite:FILE</c> or a connection string of PostgreSQL. Default: sqlite:moeplace.db.</param>
/// <param name="Certificate">A PEM file with certificate and key; needed beyond loopback.</param>
/// <param name="Tokens">Who may ask for what; null or empty: anybody on this machine may ask for anything, and nobody else for something.</param>
/// <param name="Webhooks">Where engines are told of placements.</param>
/// <param name="OtlpEndpoint">Where measurements and traces are sent by OTLP: over gRPC where the port is 4317, else over HTTP; null for nowhere.</param>
/// <param name="MostJobs">Jobs at a time, 1 to 10,000. Default: 1,000.</param>
/// <param name="MostBodyBytes">Bytes of a request's body, or of a frame of a streamed one, 4,096 to 1 GiB. Default: 64 MiB.</param>
/// <param name="LogLevel">trace, debug, information, warning or error. Default: information.</param>
public sealed record ServiceOptions(
    string Format = ServiceOptions.FormatName,
    string Listen = "http://127.0.0.1:7077",
    string State = "sqlite:moeplace.db",
    string? Certificate = null,
    ImmutableArray<TokenOptions>? Tokens = null,
    ImmutableArray<WebhookOptions>? Webhooks = null,
    string? OtlpEndpoint = null,
    int MostJobs = 1_000,
    long MostBodyBytes = 64 << 20,
    string LogLevel = "information")
{
    /// <summary>What a configuration file says that it is.</summary>
    public const string FormatName = "moeplace.service/1";

    /// <summary>Notes every value that is out of its range or does not go with the others; no secret is told.</summary>
    public void Check(InputFaults faults)
    {
        ArgumentNullException.ThrowIfNull(faults);
        ServiceOptionsCheck.Check(this, faults);
    }
}
