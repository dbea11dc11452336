using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.RegularExpressions;
using MoEPlace.Service.Client;
using MoEPlace.Service.Operations;

namespace MoEPlace.Service.Api;

/// <summary>The OpenAPI document (version 3.1), made of the table of routes: what is served is what is told.</summary>
internal static partial class OpenApiDocument
{
    private static readonly Lazy<byte[]> Made = new(() => System.Text.Encoding.UTF8.GetBytes(Make().ToJsonString(StrictJson.Options)));

    /// <summary>The document in UTF-8.</summary>
    public static byte[] Bytes => Made.Value;

    /// <summary>Makes it.</summary>
    public static JsonObject Make()
    {
        var (paths, schemas) = (new JsonObject(), new SortedDictionary<string, JsonNode?>(StringComparer.Ordinal));
        foreach (var route in ApiTable.Routes)
        {
            if (paths[route.Path] is not JsonObject path)
                paths[route.Path] = path = [];
            path[route.Method.ToLowerInvariant()] = Operation(route, schemas);
        }
        return new JsonObject
        {
            ["openapi"] = "3.1.0",
            ["info"] = new JsonObject
            {
                ["title"] = "MoEPlace placement service",
                ["version"] = "1",
                ["description"] = "Watches running jobs, decides on which rank each expert lives, applies and verifies it. "
                    + "A role may all that the ones before it may: read, submit, apply. An instance that does not lead answers 503 with Retry-After to whatever begins with /api.",
            },
            ["paths"] = paths,
            ["components"] = new JsonObject
            {
                ["schemas"] = new JsonObject(schemas),
                ["securitySchemes"] = new JsonObject { ["token"] = new JsonObject { ["type"] = "http", ["scheme"] = "bearer" } },
            },
        };
    }

    private static JsonObject Operation(ApiRoute route, SortedDictionary<string, JsonNode?> schemas)
    {
        var words = Words().Matches(route.Path).Select(word => char.ToUpperInvariant(word.Value[0]) + word.Value[1..]);
        var operation = new JsonObject
        {
            ["operationId"] = route.Method.ToLowerInvariant() + string.Concat(words),
            ["summary"] = route.Summary,
            ["parameters"] = Parameters(route),
            ["responses"] = Responses(route, schemas),
        };
        if (route.Body is { } body)
            operation["requestBody"] = new JsonObject { ["required"] = body.Required, ["content"] = Content(body.ContentType, body.Shape, schemas) };
        if (route.Role is { } role)
        {
            operation["security"] = new JsonArray(new JsonObject { ["token"] = new JsonArray() });
            operation["x-role"] = role.ToString().ToLowerInvariant();
        }
        return operation;
    }

    private static JsonArray Parameters(ApiRoute route)
    {
        var all = new JsonArray();
        foreach (Match name in Names().Matches(route.Path))
            all.Add(Parameter(name.Value, "path", true, null, name.Value switch
            {
                "job" => Text("^[a-z0-9][a-z0-9-]{0,62}$"),
                "digest" => Text("^[0-9a-f]{64}$"),
                _ => new JsonObject { ["type"] = "integer", ["minimum"] = 1 },
            }));
        var headers = route.Headers.Select(header => (header, "header"));
        foreach (var (query, where) in route.Queries.Select(query => (query, "query")).Concat(headers))
            all.Add(Parameter(query.Name, where, false, query.Meaning, query.Least is { } least
                ? new JsonObject { ["type"] = "integer", ["minimum"] = least, ["maximum"] = query.Most }
                : Text("^[a-z0-9][a-z0-9-]{0,62}$")));
        return all;

        static JsonObject Text(string pattern) => new() { ["type"] = "string", ["pattern"] = pattern };
    }

    private static JsonObject Parameter(string name, string where, bool required, string? meaning, JsonObject schema)
    {
        var parameter = new JsonObject { ["name"] = name, ["in"] = where, ["required"] = required, ["schema"] = schema };
        if (meaning is not null)
            parameter["description"] = meaning;
        return parameter;
    }

    private static JsonObject Responses(ApiRoute route, SortedDictionary<string, JsonNode?> schemas)
    {
        var done = new JsonObject { ["description"] = route.ContentType is null ? "Done." : "What was asked for." };
        if (route.ContentType is not null)
            done["content"] = Content(route.ContentType, route.Shape, schemas);
        var responses = new JsonObject { [route.ContentType is null ? "204" : "200"] = done };
        foreach (var (code, why) in Refusals(route))
            responses[code] = new JsonObject { ["description"] = why, ["content"] = Content(ApiBody.Json, typeof(Problem), schemas) };
        return responses;
    }

    private static IEnumerable<(string Code, string Why)> Refusals(ApiRoute route)
    {
        var isApi = ApiGate.IsGuarded(route.Path) && route.Role is not null;
        yield return ("400", "What was sent does not hold; every fault is told.");
        if (isApi)
            yield return ("401", "A token is needed, or is not known.");
        yield return ("403", "The token may not do that, or the request is of another site.");
        if (route.Path.Contains('{', StringComparison.Ordinal) || route.Path.EndsWith("/events", StringComparison.Ordinal))
            yield return ("404", "There is no such thing.");
        if (route.Role is TokenRole.Submit or TokenRole.Apply)
            yield return ("409", "The job does not take it as it stands.");
        if (route.Body is { NeedsLength: true })
            yield return ("411", "A length is needed.");
        if (route.Body is not null)
        {
            yield return ("408", "The body comes too slowly.");
            yield return ("413", "The body is too long.");
            yield return ("415", "The body is of another content type.");
        }
        yield return ("429", "Too many at once.");
        if (route.Path.StartsWith("/api", StringComparison.Ordinal) || route.Path == "/health/ready")
            yield return ("503", "Another instance leads, or the state cannot be reached.");
    }

    private static JsonObject Content(string type, Type? shape, SortedDictionary<string, JsonNode?> schemas)
    {
        if (shape is null)
            return new JsonObject { [type] = new JsonObject { ["schema"] = new JsonObject { ["type"] = "string", ["format"] = "binary" } } };
        if (!schemas.ContainsKey(shape.Name))
            schemas[shape.Name] = Schema(shape);
        return new JsonObject { [type] = new JsonObject { ["schema"] = new JsonObject { ["$ref"] = $"#/components/schemas/{shape.Name}" } } };
    }

    private static JsonNode Schema(Type shape)
    {
        var schema = StrictJson.Options.GetJsonSchemaAsNode(shape, new JsonSchemaExporterOptions { TreatNullObliviousAsNonNullable = true });
        // What comes twice in it is named from its root, which is another place here.
        var here = $"\"$ref\":\"#/components/schemas/{shape.Name}/";
        return JsonNode.Parse(schema.ToJsonString().Replace("\"$ref\":\"#/", here, StringComparison.Ordinal))!;
    }

    [GeneratedRegex("[A-Za-z0-9]+")]
    private static partial Regex Words();

    [GeneratedRegex("(?<={)[a-z]+(?=})")]
    private static partial Regex Names();
}
