using System.Collections.Immutable;
using MoEPlace.Traces.Models;

namespace MoEPlace.Traces.Importers;

/// <summary>Brings together what the options say of the model and what a recording shows.</summary>
internal static class ImportModel
{
    internal const string Unnamed = "unnamed";

    /// <summary>The model that the options name, cut to the layers that they name; null when they name none.</summary>
    internal static MoEModel? Read(ImportOptions options) =>
        options.Model is null ? null : ModelConfig.Read(options.Model, options.MoeLayers);

    /// <summary>The model of a recording of MoE layers only, when none was named.</summary>
    /// <param name="moeLayers">The option, or null: MoE layers are then numbered from 0.</param>
    /// <param name="layers">Layers of the recording.</param>
    /// <param name="experts">Largest id + 1.</param>
    /// <param name="topK">Choices of the recording.</param>
    internal static MoEModel Infer(string? moeLayers, int layers, int experts, int topK)
    {
        ImmutableArray<int> ids = moeLayers is null ? [.. Enumerable.Range(0, layers)] : LayerRange.Parse(moeLayers);
        return new MoEModel(Unnamed, ids[^1] + 1, ids, experts, topK);
    }

    /// <summary>Notes whatever of a recording of MoE layers only does not fit what the options say.</summary>
    internal static void Require(InputFaults faults, MoEModel? model, string? moeLayers, long layers, long topK)
    {
        if (model is not null)
        {
            faults.Require(
                layers == model.Layers, "ids.shape[1]", layers,
                $"{model.Layers} MoE layers of {model.Name} ({LayerRange.Show(model.MoeLayerIds)})");
            faults.Require(topK == model.TopK, "ids.shape[2]", topK, $"{model.TopK} experts per token of {model.Name}");
        }
        else if (moeLayers is not null)
        {
            var told = LayerRange.Parse(moeLayers).Length;
            faults.Require(layers == told, "ids.shape[1]", layers, $"{told} MoE layers (--moe-layers {moeLayers})");
        }
    }

    /// <summary>
    /// The MoE layers of a recording that holds all hidden layers, dense ones as zeros, which cannot be told from a choice of expert 0:
    /// the options must name them.
    /// </summary>
    /// <returns>Hidden layers and MoE layer ids; null when a fault was noted.</returns>
    internal static (int HiddenLayers, ImmutableArray<int> MoeLayerIds)? AllLayers(
        InputFaults faults, ImportOptions options, MoEModel? model, long recorded, string field)
    {
        if (model is not null)
            return faults.Require(
                recorded == model.HiddenLayers, field, recorded, $"{model.HiddenLayers} hidden layers of {model.Name}, dense ones included")
                ? (model.HiddenLayers, model.MoeLayerIds)
                : null;
        if (options.MoeLayers is null)
        {
            faults.Add(
                "moeLayers", null, "--model or --moe-layers: the recording has rows of zeros for dense layers and cannot say which they are");
            return null;
        }
        var ids = LayerRange.Parse(options.MoeLayers);
        return faults.Require(
            ids[^1] < recorded, "moeLayers", options.MoeLayers, $"0 to {recorded - 1}: the recording has {recorded} hidden layers")
            ? ((int)recorded, ids)
            : null;
    }

    /// <summary>The layers that are dense by what the options say; those that the options only leave out are not among them.</summary>
    internal static ImmutableArray<int> DenseLayers(ImportOptions options, int hiddenLayers)
    {
        var moe = options.Model is null ? LayerRange.Parse(options.MoeLayers!) : ModelConfig.Read(options.Model).MoeLayerIds;
        return [.. Enumerable.Range(0, hiddenLayers).Except(moe)];
    }

    /// <summary>Runs a reader and takes over its faults, so that those of several files are told together.</summary>
    internal static T? Try<T>(InputFaults faults, Func<T?> read)
        where T : class
    {
        try
        {
            return read();
        }
        catch (InputException e)
        {
            faults.AddRange(e.Faults);
            return null;
        }
    }
}
