using System.Text.Json.Nodes;
using System.Text.Json.Schema;

namespace MoEPlace.Simulation.Scenarios;

/// <summary>The JSON Schema of a scenario file.</summary>
public static class ScenarioSchema
{
    /// <summary>Makes it: model and cluster are a name, or an object with some keys of one.</summary>
    public static JsonNode Make()
    {
        var options = new JsonSchemaExporterOptions
        {
            TransformSchemaNode = (context, schema) => context.PropertyInfo?.Name switch
            {
                "model" when context.TypeInfo.Type != typeof(string) => NameOrKeys(typeof(MoEModel)),
                "cluster" => NameOrKeys(typeof(Cluster)),
                _ => schema,
            },
        };
        return StrictJson.Options.GetJsonSchemaAsNode(typeof(ScenarioFile), options);
    }

    private static JsonObject NameOrKeys(Type type)
    {
        var keys = (JsonObject)StrictJson.Options.GetJsonSchemaAsNode(type);
        keys.Remove("required");
        keys["type"] = "object";
        ((JsonObject)keys["properties"]!).Insert(0, JsonMerge.Base, new JsonObject { ["type"] = "string" });
        return new JsonObject { ["anyOf"] = new JsonArray(new JsonObject { ["type"] = "string" }, keys) };
    }
}
