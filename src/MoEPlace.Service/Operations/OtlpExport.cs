using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace MoEPlace.Service.Operations;

/// <summary>Sends measurements and traces by OTLP: the same instruments that <see cref="PrometheusText"/> writes.</summary>
internal static class OtlpExport
{
    private const int GrpcPort = 4317;
    private const int MillisecondsBetween = 10_000;

    /// <summary>Has a service collection send them.</summary>
    /// <param name="services">Of the host.</param>
    /// <param name="endpoint">Over gRPC where the port is 4317, else over HTTP, to v1/metrics and v1/traces below it.</param>
    public static void Add(IServiceCollection services, Uri endpoint) => services.AddOpenTelemetry()
        .ConfigureResource(resource => resource.AddService("moeplace"))
        .WithMetrics(metrics => metrics.AddMeter(ServiceMetrics.Name).AddOtlpExporter((exporter, reader) =>
        {
            Direct(exporter, endpoint, "v1/metrics");
            reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = MillisecondsBetween;
        }))
        // The server's own span, which stands above ours, is sampled by nobody.
        .WithTracing(traces => traces.SetSampler(new AlwaysOnSampler()).AddSource(ServiceMetrics.Name)
            .AddOtlpExporter(exporter => Direct(exporter, endpoint, "v1/traces")));

    private static void Direct(OtlpExporterOptions exporter, Uri endpoint, string path)
    {
        var isGrpc = endpoint.Port == GrpcPort;
        exporter.Protocol = isGrpc ? OtlpExportProtocol.Grpc : OtlpExportProtocol.HttpProtobuf;
        exporter.Endpoint = isGrpc ? endpoint : new Uri(endpoint.AbsoluteUri.TrimEnd('/') + "/" + path);
    }
}
