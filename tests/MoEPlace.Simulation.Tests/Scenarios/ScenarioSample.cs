using System.Collections.Immutable;
using System.Text.Json.Nodes;
using MoEPlace.Results;
using MoEPlace.Simulation.Scenarios;

namespace MoEPlace.Simulation.Tests.Scenarios;

/// <summary>A small good scenario in a folder of its own, and engines that take no time.</summary>
internal sealed class ScenarioSample : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("moeplace-scenario-");

    internal const string Text = """
        {
          "format": "moeplace.scenario/1", "name": "sample", "title": "A sample", "question": "What if?", "seed": 3,
          "model": {
            "name": "toy", "hiddenLayers": 5, "moeLayerIds": [1, 2, 3, 4], "experts": 16, "topK": 2,
            "dimensions": {
              "hiddenSize": 64, "expertIntermediateSize": 32, "sharedIntermediateSize": 0, "denseIntermediateSize": 128,
              "vocabularySize": 1000, "attentionHeads": 4, "keyValueHeads": 2, "headSize": 16, "valueHeadSize": 16,
              "keyValueLatentSize": 0, "queryLatentSize": 0, "rotaryHeadSize": 0,
              "bytesPerExpertParameter": 2, "bytesPerParameter": 2, "bytesPerActivation": 2
            }
          },
          "routing": { "synthetic": { "tokens": 200, "sequences": 10 } },
          "cluster": { "base": "h100-8:2x4", "interNode": { "bandwidthBytesPerSecond": 25e9 } },
          "placement": { "policy": "contiguous" },
          "work": { "tokensPerRank": 4, "contextTokens": 16 },
          "schedule": { "library": "nccl" },
          "lostRanks": [],
          "variants": [
            { "name": "base", "description": "as it is" },
            {
              "name": "wide", "description": "four nodes, two parts", "cluster": { "nodes": 4, "ranksPerNode": 4 }, "schedule": { "pipelineDegree": 2 },
              "work": { "tokensPerRank": null, "tokensPerStep": 64 }
            }
          ],
          "expect": [
            { "measure": "stepSeconds", "variant": "wide", "over": "base", "most": 3, "why": "it is so" },
            { "measure": "interNodeBytes", "variant": "base", "least": 1, "why": "there are two nodes" }
          ],
          "published": [
            {
              "system": "Paper", "source": "section 1", "measure": "speed-up", "configuration": "many GPUs", "published": "2x", "publishedValue": 2,
              "ours": { "measure": "tokensPerSecond", "variant": "wide", "over": "base" }, "difference": "all of it"
            }
          ],
          "assumptions": ["a sample"],
          "sweep": { "work.contextTokens": [16, 32], "variants.wide.cluster.nodes": [1, 2, 4] }
        }
        """;

    internal string Folder => folder.FullName;

    internal static JsonObject Root => (JsonObject)JsonNode.Parse(Text)!;

    /// <summary>Contiguous ranks, and nothing on lost ones.</summary>
    internal static ExpertPlacement Place(ScenarioVariant variant, Traces.TraceSlice solvedOn, CancellationToken cancellation)
    {
        var left = Enumerable.Range(0, variant.Cluster.Ranks).Except(variant.LostRanks).ToArray();
        var ranks = new int[variant.Model.Layers * variant.Model.Experts];
        for (var i = 0; i < ranks.Length; i++)
            ranks[i] = left[i % variant.Model.Experts * left.Length / variant.Model.Experts];
        var provenance = new PlacementProvenance("contiguous", "", ImmutableSortedDictionary<string, string>.Empty, 0, "0");
        return ExpertPlacement.FromRanks(variant.Model, variant.Cluster, ranks, provenance);
    }

    /// <summary>A step whose measures follow from the setting in a way that tests can tell.</summary>
    internal static SimulatedVariant Step(
        StepSetting setting, string name, string description, string placement, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var measures = SimulationMeasure.All.ToImmutableSortedDictionary(m => m, m => (double)m.Length, StringComparer.Ordinal)
            .SetItem(SimulationMeasure.StepSeconds, setting.Cluster.Nodes)
                .SetItem(SimulationMeasure.TokensPerSecond, setting.TokensPerStep);
        return new SimulatedVariant(
            name, description, setting.Cluster.Name, setting.Cluster.Nodes, setting.Cluster.RanksPerNode, placement, "", setting.Steps,
            setting.TokensPerStep, measures, [], [], [], null, 0);
    }

    internal string Write(string text)
    {
        var path = Path.Combine(Folder, "sample.json");
        File.WriteAllText(path, text);
        return path;
    }

    internal Scenario Read(string text = Text) => Scenario.Read(Write(text));

    internal Scenario Read(Action<JsonObject> change)
    {
        var root = Root;
        change(root);
        return Read(root.ToJsonString());
    }

    public void Dispose() => folder.Delete(recursive: true);
}
