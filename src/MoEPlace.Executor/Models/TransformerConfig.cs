using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MoEPlace.Executor.Gates;
using MoEPlace.Traces;
using MoEPlace.Traces.Models;

namespace MoEPlace.Executor.Models;

/// <summary>What the forward pass needs of a <c>config.json</c>. What is not computed here is refused by name, never passed over.</summary>
public sealed record TransformerConfig
{
    /// <summary>The model's name: that of its folder.</summary>
    public required string Name { get; init; }

    /// <summary>How its checkpoint is laid out.</summary>
    public required ModelLayout Layout { get; init; }

    /// <summary>Rows of the embedding and of the output head.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Width of the residual stream.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>All layers, dense ones included.</summary>
    public required int HiddenLayers { get; init; }

    /// <summary>The model layer id of each MoE layer, rising.</summary>
    public required ImmutableArray<int> MoeLayerIds { get; init; }

    /// <summary>Logical experts of a layer.</summary>
    public required int Experts { get; init; }

    /// <summary>Width of one routed expert.</summary>
    public required int ExpertSize { get; init; }

    /// <summary>Summed width of the shared experts of a layer; 0 without.</summary>
    public required int SharedSize { get; init; }

    /// <summary>Width of the MLP of a dense layer; 0 when there are none.</summary>
    public required int DenseSize { get; init; }

    /// <summary>Longest sequence.</summary>
    public required int MaxPositions { get; init; }

    /// <summary>What keeps the root mean square from 0.</summary>
    public required double NormEpsilon { get; init; }

    /// <summary>True when the embedding is the output head too.</summary>
    public required bool TiedHead { get; init; }

    /// <summary>Standard deviation of weights that nobody has trained.</summary>
    public required double InitialDeviation { get; init; }

    /// <summary>Attention.</summary>
    public required AttentionConfig Attention { get; init; }

    /// <summary>Rotary positions.</summary>
    public required RotaryConfig Rotary { get; init; }

    /// <summary>The layout's own gate.</summary>
    public required TopKConfig Gate { get; init; }

    /// <summary>The key <c>moeplace_gate</c>: a gate that no layout has; null for the layout's own.</summary>
    public GateOptions? OtherGate { get; init; }

    /// <summary>The file, as it stands.</summary>
    public required string Json { get; init; }

    /// <summary>The most experts that a gate names for a token, <c>num_experts_per_tok</c>.</summary>
    public required int Choices { get; init; }

    /// <summary>True for a layer with experts.</summary>
    /// <param name="hiddenLayer">Its index among all layers.</param>
    public bool IsMoE(int hiddenLayer) => MoeLayerIds.Contains(hiddenLayer);

    /// <summary>Reads a configuration.</summary>
    /// <param name="folder">A folder with a <c>config.json</c>, or such a file.</param>
    /// <exception cref="InputException">It cannot be read, a key is missing or wrong, or it asks for what is not computed here.</exception>
    public static TransformerConfig Read(string folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        var path = Directory.Exists(folder) ? Path.Combine(folder, "config.json") : folder;
        return JsonFile.Read(path, root => Parse(root, path));
    }

    /// <summary>Takes a configuration that is not written yet.</summary>
    /// <param name="config">What the file shall say.</param>
    /// <param name="path">Where it shall stand: the folder names the model.</param>
    /// <exception cref="InputException">A key is missing or wrong, or it asks for what is not computed here.</exception>
    public static TransformerConfig Of(JsonObject config, string path)
    {
        ArgumentNullException.ThrowIfNull(config);
        return JsonFile.Parse(Encoding.UTF8.GetBytes(config.ToJsonString()), path, root => Parse(root, path));
    }

    /// <summary>The model as placements know it, every weight and activation of one type.</summary>
    /// <param name="bytesPerElement">Bytes of one element of that type.</param>
    public MoEModel ToModel(int bytesPerElement) => new(
        Name, HiddenLayers, MoeLayerIds, Experts, Choices,
        new ModelDimensions(
            HiddenSize, ExpertSize, SharedSize, DenseSize, VocabularySize, Attention.Heads, Attention.KeyValueHeads, Attention.HeadSize,
            Attention.ValueHeadSize, Attention.KeyValueLatentSize, Attention.QueryLatentSize, Attention.RotaryHeadSize,
            bytesPerElement, bytesPerElement, bytesPerElement));

    private static TransformerConfig Parse(JsonElement root, string path)
    {
        var faults = new InputFaults(path);
        if (!faults.Require(root.ValueKind == JsonValueKind.Object, "$", root.ValueKind, "one JSON object"))
            faults.ThrowIfAny();
        var keys = new ConfigObject(root, "", faults);
        var layout = LayoutKeys.LayoutOf(keys);
        faults.ThrowIfAny();
        RefusedKeys.Note(keys, root, layout);
        TransformerConfig? config = null;
        try
        {
            config = LayoutKeys.Read(keys, root, layout, ModelConfig.FromJson(root, path));
        }
        catch (InputException e)
        {
            faults.AddRange(e.Faults);
        }
        faults.ThrowIfAny();
        return config!;
    }
}
