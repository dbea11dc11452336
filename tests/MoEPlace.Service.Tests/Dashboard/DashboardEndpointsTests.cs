using System.Net;
using Xunit;

namespace MoEPlace.Service.Tests.Dashboard;

/// <summary>How the page is served.</summary>
public sealed class DashboardEndpointsTests
{
    [Fact]
    public async Task Everything_comes_under_a_policy_that_lets_nothing_else_load()
    {
        await using var service = await FakeService.StartAsync("secret");
        using var http = new HttpClient { BaseAddress = service.Address };
        foreach (var path in new[] { "/", "/assets/app.js", "/assets/app.css", "/assets/icon.svg" })
        {
            using var answer = await http.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            var policy = answer.Headers.GetValues("Content-Security-Policy").Single();
            Assert.StartsWith("default-src 'none'; script-src 'self';", policy, StringComparison.Ordinal);
            Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
            Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
            using var again = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { IfNoneMatch = { answer.Headers.ETag! } } };
            using var same = await http.SendAsync(again, TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.NotModified, same.StatusCode);
        }
    }

    [Theory]
    [InlineData("/assets/none.js")]
    [InlineData("/assets/index.html")]
    [InlineData("/assets/..%2f..%2fetc%2fpasswd")]
    [InlineData("/assets/")]
    public async Task What_is_no_part_of_it_is_not_found(string path)
    {
        await using var service = await FakeService.StartAsync(null);
        using var http = new HttpClient { BaseAddress = service.Address };
        using var answer = await http.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Fact]
    public async Task Names_no_other_address()
    {
        await using var service = await FakeService.StartAsync(null);
        using var http = new HttpClient { BaseAddress = service.Address };
        foreach (var name in typeof(PlacementService).Assembly.GetManifestResourceNames().Where(n => n.StartsWith("Dashboard/", StringComparison.Ordinal)))
        {
            var file = name["Dashboard/".Length..];
            var text = await http.GetStringAsync(new Uri(file == "index.html" ? "/" : $"/assets/{file}", UriKind.Relative), TestContext.Current.CancellationToken);
            Assert.DoesNotContain("//", text.Replace("http://www.w3.org/2000/svg", "", StringComparison.Ordinal).Replace("\n// ", "", StringComparison.Ordinal)[3..]
                .Replace("  // ", "", StringComparison.Ordinal), StringComparison.Ordinal);
        }
    }
}
