using System.Text.Json;
using System.Text.Json.Nodes;
using MoEPlace.Service.Api;
using Xunit;

namespace MoEPlace.Service.Tests.Api;

/// <summary>The OpenAPI document.</summary>
public sealed class OpenApiDocumentTests
{
    private static readonly JsonObject Document = JsonNode.Parse(OpenApiDocument.Bytes)!.AsObject();

    [Fact]
    public void Tells_every_route_with_its_role_parameters_and_answers()
    {
        var operations = Operations().ToDictionary(o => (o.Method, o.Path), o => o.Operation);
        Assert.Equal(ApiTable.Routes.Select(route => (route.Method, route.Path)).Order(), operations.Keys.Order());
        foreach (var route in ApiTable.Routes)
        {
            var operation = operations[(route.Method, route.Path)];
            Assert.Equal(route.Role?.ToString().ToLowerInvariant(), operation["x-role"]?.GetValue<string>());
            Assert.Equal(route.Role is not null, operation["responses"]!["401"] is not null);
            Assert.Equal(route.Body is not null, operation["requestBody"] is not null);
            Assert.Equal(
                route.Path.Count(c => c == '{') + route.Queries.Length + route.Headers.Length, operation["parameters"]!.AsArray().Select(p => p!["name"]!.GetValue<string>()).Distinct().Count());
        }
        Assert.Equal(operations.Count, operations.Values.Select(o => o["operationId"]!.GetValue<string>()).Distinct().Count());
    }

    [Fact]
    public void Tells_what_single_routes_want()
    {
        var operations = Operations().ToDictionary(o => (o.Method, o.Path), o => o.Operation);
        Assert.Null(operations[("POST", "/api/jobs/{job}/rows")]["responses"]!["411"]);
        Assert.NotNull(operations[("POST", "/api/jobs/{job}/counts")]["responses"]!["411"]);
        var header = Assert.Single(operations[("GET", "/api/events")]["parameters"]!.AsArray(), p => p!["in"]!.GetValue<string>() == "header")!;
        Assert.Equal("Last-Event-ID", header["name"]!.GetValue<string>());
    }

    [Fact]
    public void Names_no_shape_that_it_does_not_hold()
    {
        var references = new List<string>();
        Collect(Document, references);
        Assert.NotEmpty(references);
        Assert.All(references, reference =>
        {
            Assert.StartsWith("#/components/schemas/", reference, StringComparison.Ordinal);
            var at = reference.Split('/').Skip(1).Aggregate((JsonNode?)Document, (node, part) => node is JsonArray list ? list[int.Parse(part)] : node?[part]);
            Assert.True(at is not null, reference);
        });
        Assert.Contains("#/components/schemas/Problem", references);
    }

    [Fact]
    public async Task Is_served()
    {
        await using var live = await LiveService.StartAsync();
        var (status, body, _) = await live.SendAsync("GET", "/openapi/v1.json");
        Assert.Equal(200, status);
        Assert.Equal("3.1.0", JsonDocument.Parse(body).RootElement.GetProperty("openapi").GetString());
    }

    private static IEnumerable<(string Method, string Path, JsonObject Operation)> Operations() =>
        from path in Document["paths"]!.AsObject()
        from method in path.Value!.AsObject()
        select (method.Key.ToUpperInvariant(), path.Key, method.Value!.AsObject());

    private static void Collect(JsonNode? node, List<string> references)
    {
        if (node is JsonObject entries)
            foreach (var (key, value) in entries)
                if (key == "$ref")
                    references.Add(value!.GetValue<string>());
                else
                    Collect(value, references);
        else if (node is JsonArray items)
            foreach (var item in items)
                Collect(item, references);
    }
}
