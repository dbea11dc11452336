using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Xunit;

namespace MoEPlace.Service.Tests.Api;

/// <summary>Damaged requests: never an answer of 500, never a hang, no growth.</summary>
public sealed partial class ServiceFuzzTests
{
    private const int Requests = 20_000;
    private const int Connections = 4;
    private const long MostGrowth = 24 << 20;

    [Fact]
    public async Task Twenty_thousand_damaged_requests_bring_no_500_no_hang_and_no_growth()
    {
        var options = LiveService.WithTokens with { LogLevel = "error", MostJobs = 16, MostBodyBytes = 64 * 1024 };
        await using var live = await LiveService.StartAsync(options, (_, _, _) => throw new IOException("nothing is decided here"));
        var statuses = new int[Connections][];
        await RunAsync(0, Requests / 4);
        var before = Held();
        await RunAsync(1, Requests * 3 / 4);
        var growth = Held() - before;
        Assert.Empty(live.Log);
        Assert.True(growth < MostGrowth, $"{growth} bytes more are held");
        var (status, body, _) = await live.SendAsync("GET", "/health/live");
        Assert.Equal((200, "{}"), (status, body));
        // Enough of them came through to what lies behind, and enough did not.
        var all = statuses.SelectMany(s => s).ToArray();
        foreach (var wanted in (int[])[200, 204, 400, 401, 404, 405, 409, 415])
            Assert.True(all.Count(s => s == wanted) > 20, $"{wanted}: {all.Count(s => s == wanted)} of {string.Join(", ", all.CountBy(s => s).OrderBy(s => s.Key))}");

        Task RunAsync(int round, int requests) => Task.WhenAll(Enumerable.Range(0, Connections).Select(connection => Task.Run(
            () => statuses[connection] = [.. statuses[connection] ?? [], .. Send(live.Host.Address, round * Connections + connection, requests / Connections)])));
    }

    /// <summary>Sends as many damaged requests, every fifth with its framing damaged as well.</summary>
    private static List<int> Send(Uri address, int seed, int requests)
    {
        using var connection = new RawConnection(address);
        var random = new SeedStream(seed, "service-fuzz");
        var mutation = new RequestMutation(random);
        var statuses = new List<int>();
        for (var i = 0; i < requests; i++)
        {
            var seedRequest = RequestSeeds.All[random.Next(RequestSeeds.All.Length)];
            var request = random.Next(8) == 0 ? seedRequest : mutation.Of(seedRequest);
            var where = string.Create(CultureInfo.InvariantCulture, $"seed {seed}, request {i}: ");
            try
            {
                if (i % 5 == 4)
                {
                    var bytes = mutation.Bytes(request.Framed());
                    var answer = connection.AskAndEnd(bytes);
                    Assert.False(FiveHundred().IsMatch(answer), $"{where}{answer}\n{Encoding.Latin1.GetString(bytes)}");
                }
                else
                {
                    var status = connection.Ask(request.Framed(), request.Method == "HEAD");
                    Assert.True(status < 500, $"{where}{status}\n{request}");
                    statuses.Add(status);
                }
            }
            catch (SocketException e)
            {
                Assert.Fail($"{where}{e.SocketErrorCode}\n{request}");
            }
        }
        return statuses;
    }

    private static long Held()
    {
        for (var i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        return GC.GetTotalMemory(forceFullCollection: true);
    }

    [GeneratedRegex("HTTP/1\\.1 50[0-4] ")]
    private static partial Regex FiveHundred();
}
