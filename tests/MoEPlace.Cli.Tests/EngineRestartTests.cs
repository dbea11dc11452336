using System.Net;
using System.Text.Json;
using MoEPlace.Service.Applies;
using MoEPlace.Service.Client;
using MoEPlace.Service.Jobs;
using Xunit;

namespace MoEPlace.Cli.Tests;

/// <summary>What restarts an engine, with a service that does not always answer.</summary>
public sealed class EngineRestartTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task The_map_is_asked_for_and_the_outcome_told_until_the_service_answers()
    {
        using var folder = new TempFolder();
        using var service = new Unsteady();
        using var client = new ServiceClient([new Uri("http://127.0.0.1:9")], handler: service);
        var told = new StringWriter();
        var restart = Restart(client, folder, told);
        restart.Begin(Wish(1, Noon));
        await service.TakenAsync(1);
        Assert.Equal((1, true), (service.Outcomes[0].Attempt, service.Outcomes[0].Done));
        Assert.Equal((2, 2), (service.Gets, service.Posts));
        Assert.Contains("asked again", told.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wish_is_followed_once_and_none_after_a_later_one_but_another_apply_of_the_same_number_is()
    {
        using var folder = new TempFolder();
        using var service = new Unsteady { IsSteady = true };
        using var client = new ServiceClient([new Uri("http://127.0.0.1:9")], handler: service);
        var restart = Restart(client, folder, new StringWriter());
        restart.Begin(Wish(2, Noon));
        restart.Begin(Wish(2, Noon));
        restart.Begin(Wish(1, Noon));
        restart.Begin(Wish(1, Noon.AddMinutes(1)));
        restart.Begin(Wish(3, Noon));
        await service.TakenAsync(3);
        Assert.Equal([2, 1, 3], service.Outcomes.Select(outcome => outcome.Attempt));
    }

    private static EngineRestart Restart(ServiceClient client, TempFolder folder, StringWriter told) =>
        new(client, folder.Path, ["/bin/true"], new Terminal(told, told), TestContext.Current.CancellationToken);

    private static EngineWish Wish(int attempt, DateTimeOffset beganAt) =>
        new("chat", JobEngine.Sglang, 1, attempt, new string('a', 64), "map", "outcome", "why", beganAt);

    /// <summary>Answers each kind of request with 503 the first time, unless it is steady.</summary>
    private sealed class Unsteady : HttpMessageHandler
    {
        private static readonly Apply Answer = new(
            "chat", 1, 1, "test", "", "", 0, ApplyPhase.Asked, 1, 1, 1, null, null, null, null, 0, "", "", Noon, Noon);

        private readonly SemaphoreSlim taken = new(0);

        public bool IsSteady { get; init; }

        public int Gets { get; private set; }

        public int Posts { get; private set; }

        public List<EngineOutcome> Outcomes { get; } = [];

        public async Task TakenAsync(int count)
        {
            for (var i = 0; i < count; i++)
                await taken.WaitAsync(TestContext.Current.CancellationToken);
        }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var isGet = request.Method == HttpMethod.Get;
            var times = isGet ? ++Gets : ++Posts;
            if (times == 1 && !IsSteady)
                return new HttpResponseMessage(HttpStatusCode.ServiceUnavailable);
            if (isGet)
                return new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent([1, 2, 3]) };
            Outcomes.Add(StrictJson.Parse<EngineOutcome>(await request.Content!.ReadAsByteArrayAsync(cancellationToken), "outcome"));
            taken.Release();
            var answer = JsonSerializer.Serialize(Answer, StrictJson.OneLine);
            return new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(answer) };
        }

        protected override void Dispose(bool disposing)
        {
            taken.Dispose();
            base.Dispose(disposing);
        }
    }
}
