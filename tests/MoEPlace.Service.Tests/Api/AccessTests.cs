using System.Text.Json;
using MoEPlace.Service.Api;
using MoEPlace.Service.Client;
using MoEPlace.Service.Operations;
using MoEPlace.Service.Tests.State;
using Xunit;

namespace MoEPlace.Service.Tests.Api;

/// <summary>Who may ask for what.</summary>
public sealed class AccessTests
{
    private static readonly string[] Strangers =
    [
        "", "Bearer", "Bearer ", "Bearer wrong", "Basic c2VjcmV0", "bearer  ", $"Token {LiveService.Secrets[TokenRole.Apply]}",
        LiveService.Secrets[TokenRole.Apply], $"Bearer {LiveService.Secrets[TokenRole.Apply]}x", $"Bearer {LiveService.Secrets[TokenRole.Apply][..^1]}",
    ];

    [Fact]
    public async Task Strangers_get_401_and_nothing_else()
    {
        await using var live = await LiveService.StartAsync(LiveService.WithTokens);
        using (var owner = live.Client(TokenRole.Submit))
            await owner.RegisterAsync(Samples.SpecOf(), TestContext.Current.CancellationToken);
        var paths = ApiTable.Routes.Where(route => route.Role is not null).Select(route => (route.Method, Path: PathOf(route)))
            .Concat([("GET", "/api"), ("GET", "/api/nothing"), ("PUT", "/API/jobs"), ("GET", "/%61pi/jobs"), ("DELETE", "/metrics"), ("GET", "/Metrics/x")]);
        foreach (var (method, path) in paths)
            foreach (var stranger in Strangers)
            {
                var (status, body, answer) = await live.SendAsync(method, path, null, null, ("Authorization", stranger));
                Assert.True(status == 401, $"{method} {path} with {stranger}: {status}");
                Assert.Equal("""{"message":"a bearer token is needed","faults":null}""", body);
                Assert.Equal("Bearer", answer.Headers.WwwAuthenticate.ToString());
                Assert.Empty(answer.Content.Headers.Allow);
            }
        Assert.Equal("job", live.Service.Jobs().Single().Name);
        Assert.Equal(401, (await live.SendAsync("GET", "/api/jobs", null, null,
            ("Authorization", "Bearer wrong"), ("Authorization", $"Bearer {LiveService.Secrets[TokenRole.Read]}"))).Status);
    }

    [Fact]
    public async Task A_role_may_what_those_before_it_may_and_no_more()
    {
        await using var live = await LiveService.StartAsync(LiveService.WithTokens);
        foreach (var route in ApiTable.Routes.Where(route => route is { Role: not null, ContentType: not "text/event-stream" }))
            foreach (var (role, secret) in LiveService.Secrets)
            {
                var status = (await live.SendAsync(route.Method, PathOf(route), null, secret)).Status;
                Assert.True(role >= route.Role ? status is not (401 or 403) : status == 403, $"{route.Method} {route.Path} by {role}: {status}");
            }
    }

    [Theory]
    [InlineData("/health/live")]
    [InlineData("/health/ready")]
    [InlineData("/openapi/v1.json")]
    [InlineData("/")]
    public async Task What_holds_no_data_needs_no_token(string path)
    {
        await using var live = await LiveService.StartAsync(LiveService.WithTokens);
        Assert.Equal(200, (await live.SendAsync("GET", path)).Status);
    }

    [Fact]
    public async Task Without_tokens_only_names_of_this_machine_are_answered()
    {
        await using var live = await LiveService.StartAsync();
        foreach (var host in (string[])["evil.example", "localhost.evil.example", "10.0.0.1", "127.0.0.1.evil.example"])
            foreach (var path in (string[])["/api/jobs", "/", "/health/live", "/metrics"])
                Assert.Equal(403, (await live.SendAsync("GET", path, null, null, ("Host", host))).Status);
        foreach (var host in (string[])["localhost", "LOCALHOST:1", "127.0.0.1:80", "127.1.2.3", "[::1]:7077"])
            Assert.Equal(200, (await live.SendAsync("GET", "/api/jobs", null, null, ("Host", host))).Status);
    }

    [Theory]
    [InlineData("Origin", "http://evil.example")]
    [InlineData("Origin", "null")]
    [InlineData("Origin", "https://127.0.0.1")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("Sec-Fetch-Site", "same-site")]
    public async Task Pages_of_other_sites_change_nothing(string header, string value)
    {
        await using var live = await LiveService.StartAsync();
        var (status, body, answer) = await live.SendAsync("POST", "/api/jobs", LiveService.Json(Samples.SpecOf()), null, (header, value));
        Assert.Equal(403, status);
        Assert.Contains("other sites", JsonSerializer.Deserialize<Problem>(body, StrictJson.OneLine)!.Message, StringComparison.Ordinal);
        Assert.False(answer.Headers.Contains("Access-Control-Allow-Origin"));
        Assert.Empty(live.Service.Jobs());
        var own = live.Host.Address.GetLeftPart(UriPartial.Authority);
        Assert.Equal(200, (await live.SendAsync("POST", "/api/jobs", LiveService.Json(Samples.SpecOf()), null, ("Origin", own), ("Sec-Fetch-Site", "same-origin"))).Status);
    }

    [Fact]
    public async Task The_record_tells_whose_token_asked()
    {
        await using var live = await LiveService.StartAsync(LiveService.WithTokens);
        using var client = live.Client(TokenRole.Apply);
        await client.RegisterAsync(Samples.SpecOf(), TestContext.Current.CancellationToken);
        await client.DeleteAsync("api/jobs/job", TestContext.Current.CancellationToken);
        var events = await live.Service.State.EventsAsync(0, "job", 10, TestContext.Current.CancellationToken);
        Assert.Contains(LiveService.NameOf(TokenRole.Apply), events[^1].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_secret_reaches_log_or_answer()
    {
        await using var live = await LiveService.StartAsync(LiveService.WithTokens with { LogLevel = "trace" });
        var answers = new List<string>();
        foreach (var (role, secret) in LiveService.Secrets)
        {
            answers.Add((await live.SendAsync("GET", $"/api/jobs/{secret}", null, secret)).Body);
            answers.Add((await live.SendAsync("GET", $"/{secret}/x", null, secret)).Body);
            answers.Add((await live.SendAsync("GET", "/api/jobs", null, secret + "x")).Body);
            answers.Add((await live.SendAsync("POST", "/api/jobs/job/plans", LiveService.Json("{}"), secret, ("X-Own", secret))).Body);
            answers.Add((await live.SendAsync("GET", "/metrics", null, secret)).Body);
            answers.Add(role.ToString());
        }
        await live.DisposeAsync();
        Assert.NotEmpty(live.Log);
        foreach (var text in answers.Append(live.Log))
            foreach (var (_, secret) in LiveService.Secrets)
                Assert.DoesNotContain(secret, text, StringComparison.Ordinal);
        Assert.All(LiveService.WithTokens.Tokens!.Value, token => Assert.DoesNotContain(token.Sha256, live.Log, StringComparison.OrdinalIgnoreCase));
    }

    private static string PathOf(ApiRoute route) => route.Path
        .Replace("{job}", "job", StringComparison.Ordinal).Replace("{digest}", new string('0', 64), StringComparison.Ordinal)
        .Replace("{decision}", "1", StringComparison.Ordinal).Replace("{apply}", "1", StringComparison.Ordinal);
}
