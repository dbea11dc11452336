using System.Diagnostics;
using System.Net.Http.Headers;
using MoEPlace.Service.Client;
using MoEPlace.Service.Jobs;
using MoEPlace.Service.Routing;

namespace MoEPlace.Benchmarks.Services;

/// <summary>Jobs that each send their counts once a second, spread over the second, and somebody who looks at them.</summary>
internal sealed class JobLoad : IDisposable
{
    private const int Tokens = 1_024;
    private const int Frames = 16;
    private static readonly TimeSpan BetweenReads = TimeSpan.FromMilliseconds(50);
    private readonly HttpClient http;
    private readonly int jobs;
    private readonly byte[][] frames;
    private int failures;

    internal JobLoad(Uri address, MoEModel model, int jobs)
    {
        http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 256 }) { BaseAddress = address };
        this.jobs = jobs;
        frames = [.. Enumerable.Range(0, Frames).Select(i => Frame(model, i))];
    }

    /// <summary>Requests that were not answered as they should be.</summary>
    internal int Failures => failures;

    /// <summary>What a job is called.</summary>
    internal static string NameOf(int job) => FormattableString.Invariant($"job-{job}");

    /// <summary>Sends counts, each when it is due; how long each took is told from then on.</summary>
    internal async Task SendAsync(Latencies to, CancellationToken cancellation)
    {
        var (began, open) = (Stopwatch.GetTimestamp(), new List<Task>());
        for (var post = 0L; !cancellation.IsCancellationRequested; post++)
        {
            var due = post / (double)jobs;
            var wait = due - Stopwatch.GetElapsedTime(began).TotalSeconds;
            if (wait > 1e-3)
                await Task.Delay(TimeSpan.FromSeconds(wait), CancellationToken.None).ConfigureAwait(false);
            open.Add(PostAsync((int)(post % jobs), frames[post % Frames], began, due, to));
            open.RemoveAll(task => task.IsCompletedSuccessfully);
        }
        await Task.WhenAll(open).ConfigureAwait(false);
    }

    /// <summary>Looks at one job after another; told apart by whether a decision was being made.</summary>
    internal async Task LookAsync(Func<Latencies> to, CancellationToken cancellation)
    {
        for (var read = 0; !cancellation.IsCancellationRequested; read++)
        {
            var began = Stopwatch.GetTimestamp();
            using var answer = await http.GetAsync($"api/jobs/{NameOf(read % jobs)}", CancellationToken.None).ConfigureAwait(false);
            _ = await answer.Content.ReadAsByteArrayAsync(CancellationToken.None).ConfigureAwait(false);
            to().Add(Stopwatch.GetElapsedTime(began).TotalSeconds);
            Note(answer);
            await Task.Delay(BetweenReads, CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>Has one decision after another made of a job.</summary>
    internal async Task<int> PlanAsync(string job, CancellationToken cancellation)
    {
        using var client = new ServiceClient([http.BaseAddress!]);
        var made = 0;
        for (; !cancellation.IsCancellationRequested; made++)
        {
            await client.PostAsync<PlanReply>($"api/jobs/{job}/plans", new PlanRequest(), CancellationToken.None).ConfigureAwait(false);
            while (!cancellation.IsCancellationRequested && (await client.GetAsync<JobView>($"api/jobs/{job}", CancellationToken.None).ConfigureAwait(false)).Planning)
                await Task.Delay(BetweenReads, CancellationToken.None).ConfigureAwait(false);
        }
        return made;
    }

    public void Dispose() => http.Dispose();

    private async Task PostAsync(int job, byte[] frame, long began, double due, Latencies to)
    {
        using var content = new ByteArrayContent(frame);
        content.Headers.ContentType = new MediaTypeHeaderValue(ServiceClient.CountsType);
        using var answer = await http.PostAsync($"api/jobs/{NameOf(job)}/counts", content).ConfigureAwait(false);
        to.Add(Stopwatch.GetElapsedTime(began).TotalSeconds - due);
        Note(answer);
    }

    private void Note(HttpResponseMessage answer)
    {
        if (!answer.IsSuccessStatusCode)
            Interlocked.Increment(ref failures);
    }

    private static byte[] Frame(MoEModel model, int seed)
    {
        var random = new SeedStream(seed, "service benchmark");
        var counts = new int[model.Layers * model.Experts];
        for (var layer = 0; layer < model.Layers; layer++)
            for (var choice = 0; choice < Tokens * model.TopK; choice++)
                counts[layer * model.Experts + Math.Min(random.Next(model.Experts), random.Next(model.Experts))]++;
        return CountsFrame.Write(Tokens, counts, model.Layers, model.Experts);
    }
}
