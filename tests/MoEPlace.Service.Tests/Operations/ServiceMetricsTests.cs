using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using MoEPlace.Service.Client;
using MoEPlace.Service.Operations;
using MoEPlace.Service.Routing;
using MoEPlace.Service.Tests.Api;
using MoEPlace.Service.Tests.State;
using Xunit;

namespace MoEPlace.Service.Tests.Operations;

/// <summary>What is measured.</summary>
public sealed class ServiceMetricsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Prometheus_text_has_the_figures_and_the_form()
    {
        await using var live = await LiveService.StartAsync();
        using var client = live.Client();
        await client.RegisterAsync(Samples.SpecOf("a"), Cancellation);
        var counts = CountsFrame.Write(7, [0, 7, 0, 7, 7, 7, 0, 0], 2, 4);
        for (var i = 0; i < 3; i++)
            await client.PostAsync("api/jobs/a/counts", counts, ServiceClient.CountsType, Cancellation);
        Assert.Equal(404, (await live.SendAsync("GET", "/api/jobs/b")).Status);
        var (status, text, answer) = await live.SendAsync("GET", "/metrics");
        Assert.Equal((200, PrometheusText.ContentType), (status, answer.Content.Headers.ContentType!.ToString()));
        var values = Parse(text);
        Assert.Equal(3, values["""moeplace_counts_total"""]);
        Assert.Equal(21, values["""moeplace_counted_total"""]);
        Assert.Equal(3, values["""moeplace_request_duration_seconds_count{method="POST",route="/api/jobs/{job}/counts",code="204"}"""]);
        Assert.Equal(3, values["""moeplace_request_duration_seconds_bucket{method="POST",route="/api/jobs/{job}/counts",code="204",le="+Inf"}"""]);
        Assert.Equal(1, values["""moeplace_request_duration_seconds_count{method="GET",route="/api/jobs/{job}",code="404"}"""]);
        Assert.Equal(1, values["moeplace_leads"]);
        Assert.Equal(1, values["moeplace_jobs"]);
        Assert.Equal(1, values["""moeplace_events_total{kind="registered"}"""]);
        Assert.True(values["moeplace_memory_bytes"] > 1e6);
        Assert.Contains("""moeplace_job_drift_load{job="a"}""", values.Keys);
        await client.DeleteAsync("api/jobs/a", Cancellation);
        // Views are read anew twice a second.
        await Task.Delay(600, Cancellation);
        Assert.DoesNotContain("job=\"a\"", (await live.SendAsync("GET", "/metrics")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public void Histograms_count_every_value_in_the_least_bucket_that_holds_it()
    {
        using var meter = new System.Diagnostics.Metrics.Meter("test");
        using var text = new PrometheusText(meter);
        var histogram = meter.CreateHistogram(
            "some.time", "s", "Some time.", null, new System.Diagnostics.Metrics.InstrumentAdvice<double> { HistogramBucketBoundaries = [1, 2, 5] });
        double[] values = [0, 1, 1.5, 2, 4.9, 5, 5.1, 100];
        foreach (var value in values)
            histogram.Record(value, new KeyValuePair<string, object?>("of", "a\"b\\c\nd"));
        var written = Parse(text.Write());
        foreach (var bound in (double[])[1, 2, 5, double.PositiveInfinity])
        {
            var le = double.IsInfinity(bound) ? "+Inf" : bound.ToString(CultureInfo.InvariantCulture);
            Assert.Equal(values.Count(value => value <= bound), written[$$"""some_time_seconds_bucket{of="a\"b\\c\nd",le="{{le}}"}"""]);
        }
        Assert.Equal(values.Sum(), written["""some_time_seconds_sum{of="a\"b\\c\nd"}"""], 12);
    }

    [Fact]
    public async Task Scrapers_lose_nothing_to_each_other()
    {
        using var meter = new System.Diagnostics.Metrics.Meter("test");
        using var text = new PrometheusText(meter);
        for (var i = 0; i < 4; i++)
        {
            var name = $"gauge.{(char)('a' + i)}";
            meter.CreateObservableGauge(name, () =>
            {
                Thread.Sleep(1);
                return 1;
            });
        }
        var written = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(
            () => Enumerable.Range(0, 20).Select(_ => text.Write()).ToArray(), Cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        Assert.All(written.SelectMany(each => each), one => Assert.Equal(4, Parse(one).Count));
    }

    [Fact]
    public async Task An_instance_that_does_not_lead_tells_its_own_figures()
    {
        using var folder = new TemporaryFolder();
        await using var first = await LiveService.StartAsync(database: $"sqlite:{folder.File("state.db")}");
        while (!first.Service.Leads)
            await Task.Delay(10, Cancellation);
        await using var second = await LiveService.StartAsync(database: $"sqlite:{folder.File("state.db")}");
        var (status, text, _) = await second.SendAsync("GET", "/metrics");
        Assert.Equal(200, status);
        var values = Parse(text);
        Assert.Equal((0, 0), (values["moeplace_leads"], values["moeplace_jobs"]));
    }

    [Fact]
    public async Task The_same_figures_go_out_by_otlp()
    {
        var received = new ConcurrentDictionary<string, string>();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseSetting("urls", "http://127.0.0.1:0");
        await using var collector = builder.Build();
        collector.MapPost("/v1/{what}", async (HttpContext http, string what) =>
        {
            using var bytes = new MemoryStream();
            await http.Request.Body.CopyToAsync(bytes);
            received.AddOrUpdate(what, Encoding.Latin1.GetString(bytes.ToArray()), (_, before) => before + Encoding.Latin1.GetString(bytes.ToArray()));
        });
        await collector.StartAsync(Cancellation);
        await using (var live = await LiveService.StartAsync(new(Listen: "http://127.0.0.1:0", OtlpEndpoint: collector.Urls.Single())))
            Assert.Equal(200, (await live.SendAsync("GET", "/api/jobs")).Status);
        // What is left goes out when the service stops.
        Assert.Contains("moeplace.request.duration", received["metrics"], StringComparison.Ordinal);
        Assert.Contains("moeplace.leads", received["metrics"], StringComparison.Ordinal);
        Assert.Contains("GET /api/jobs", received["traces"], StringComparison.Ordinal);
        await collector.StopAsync(Cancellation);
    }

    /// <summary>Reads the text format strictly: every value belongs to the family that was announced last.</summary>
    private static Dictionary<string, double> Parse(string text)
    {
        var values = new Dictionary<string, double>(StringComparer.Ordinal);
        var (family, kind) = ("", "");
        foreach (var line in text.TrimEnd('\n').Split('\n'))
        {
            if (line.StartsWith("# HELP ", StringComparison.Ordinal))
                family = line.Split(' ')[2];
            else if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
            {
                Assert.Equal(family, line.Split(' ')[2]);
                kind = line.Split(' ')[3];
                Assert.Contains(kind, (string[])["counter", "gauge", "histogram"]);
            }
            else
            {
                var match = Regex.Match(line, """^([a-z_]+)(\{(?:[a-z]+="(?:[^"\\]|\\.)*",?)+\})? (\S+)$""");
                Assert.True(match.Success, line);
                var name = match.Groups[1].Value;
                Assert.True(kind == "histogram" ? Regex.IsMatch(name, $"^{family}_(bucket|sum|count)$") : name == family, line);
                values.Add(line[..line.LastIndexOf(' ')], double.Parse(match.Groups[3].Value.Replace("+Inf", "Infinity", StringComparison.Ordinal), CultureInfo.InvariantCulture));
            }
        }
        return values;
    }
}
