using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using MoEPlace.Traces.Models;
using MoEPlace.Traces.Safetensors;

namespace MoEPlace.Traces.Importers;

/// <summary>A folder of TensorRT-LLM statistics, opened: every rank has every (iteration, layer), iterations are contiguous.</summary>
internal sealed partial class TensorRtLlmFolder : IDisposable
{
    private readonly List<SafetensorsFile> ranks = [];

    private TensorRtLlmFolder(string folder, int experts, int topK) => (Folder, Experts, TopK) = (folder, experts, topK);

    internal string Folder { get; }

    internal int Experts { get; }

    internal int TopK { get; }

    /// <summary>The files of ranks 0, 1, …</summary>
    internal IReadOnlyList<SafetensorsFile> Ranks => ranks;

    internal long FirstIteration { get; private set; }

    internal int Iterations { get; private set; }

    /// <summary>Model layer ids, rising.</summary>
    internal ImmutableArray<int> Layers { get; private set; } = [];

    /// <summary>Opens a folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="raw">Which of the two kinds of files.</param>
    /// <exception cref="InputException">A file is missing or not as it should be.</exception>
    internal static TensorRtLlmFolder Open(string folder, bool raw)
    {
        var opened = ReadMeta(folder);
        try
        {
            opened.OpenRanks(raw);
            opened.CheckKeys();
            return opened;
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    internal SafetensorsTensor Tensor(int rank, int iteration, int layer) =>
        ranks[rank].Header.Tensors[Key(FirstIteration + iteration, Layers[layer])];

    internal string Key(int iteration, int layer) => Key(FirstIteration + iteration, Layers[layer]);

    /// <summary>The told model, or one that the files describe; they must agree.</summary>
    internal MoEModel Model(ImportOptions options)
    {
        var faults = new InputFaults(Path.Combine(Folder, "meta_info.json"));
        var model = ImportModel.Read(options);
        if (model is null)
        {
            model = new MoEModel(ImportModel.Unnamed, Layers[^1] + 1, Layers, Experts, TopK);
            faults.Require(
                options.MoeLayers is null || options.MoeLayers == LayerRange.Show(Layers), "moeLayers", options.MoeLayers,
                $"{LayerRange.Show(Layers)}, the layers of the files");
        }
        faults.Require(Experts == model.Experts, "num_experts", Experts, $"{model.Experts} experts of {model.Name}");
        faults.Require(TopK == model.TopK, "num_experts_per_token", TopK, $"{model.TopK} experts per token of {model.Name}");
        faults.Require(
            Layers.AsSpan().SequenceEqual(model.MoeLayerIds.AsSpan()), "layers", LayerRange.Show(Layers),
            $"{LayerRange.Show(model.MoeLayerIds)}, the MoE layers of {model.Name} or of --moe-layers");
        model.Check(faults, "model.");
        faults.ThrowIfAny();
        return model;
    }

    public void Dispose()
    {
        foreach (var rank in ranks)
            rank.Dispose();
    }

    [GeneratedRegex(@"^rank([0-9]{1,6})\.safetensors$")]
    private static partial Regex CountsName();

    [GeneratedRegex(@"^rank([0-9]{1,6})_raw\.safetensors$")]
    private static partial Regex RawName();

    [GeneratedRegex("^([0-9]{1,9})_([0-9]{1,4})$")]
    private static partial Regex KeyName();

    private static string Key(long iteration, int layer) => string.Create(CultureInfo.InvariantCulture, $"{iteration}_{layer}");

    private static TensorRtLlmFolder ReadMeta(string folder)
    {
        var path = Path.Combine(folder, "meta_info.json");
        return JsonFile.Read(path, root =>
        {
            var faults = new InputFaults(path);
            if (root.ValueKind != JsonValueKind.Object)
                throw new InputException(path, "$", root.ValueKind.ToString(), "an object of num_experts and num_experts_per_token");
            var meta = new ConfigObject(root, "", faults);
            var opened = new TensorRtLlmFolder(folder, meta.Size("num_experts"), meta.Size("num_experts_per_token"));
            faults.ThrowIfAny();
            return opened;
        });
    }

    private void OpenRanks(bool raw)
    {
        var pattern = raw ? RawName() : CountsName();
        var files = new SortedDictionary<int, string>();
        foreach (var file in Directory.EnumerateFiles(Folder).Order(StringComparer.Ordinal))
            if (pattern.Match(Path.GetFileName(file)) is { Success: true } match
                && !files.TryAdd(int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture), file))
                throw new InputException(file, "rank", match.Groups[1].Value, "one file per rank");
        var name = raw ? "rank0_raw.safetensors, …" : "rank0.safetensors, …";
        if (files.Count == 0)
            throw new InputException(Folder, "rank files", 0, name);
        foreach (var (rank, file) in files)
        {
            if (rank != ranks.Count)
                throw new InputException(
                    Folder, "rank files", $"rank {rank} after {ranks.Count} files",
                    $"ranks 0 to {files.Count - 1}: the file of rank {ranks.Count} is missing");
            ranks.Add(SafetensorsFile.Open(file));
        }
    }

    private void CheckKeys()
    {
        var keys = new HashSet<(long Iteration, int Layer)>();
        foreach (var file in ranks)
            foreach (var key in file.Header.Tensors.Keys)
            {
                var match = KeyName().Match(key);
                if (!match.Success)
                    throw new InputException(file.Path, key, "a tensor", "tensors named ITERATION_LAYER, for example 100_3");
                keys.Add((long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture),
                    int.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture)));
            }
        if (keys.Count == 0)
            throw new InputException(ranks[0].Path, "tensors", 0, "at least one iteration");
        Layers = [.. keys.Select(k => k.Layer).Distinct().Order()];
        FirstIteration = keys.Min(k => k.Iteration);
        var iterations = keys.Select(k => k.Iteration).Distinct().Order().ToList();
        for (var i = 0; i < iterations.Count; i++)
            if (iterations[i] != FirstIteration + i)
                throw new InputException(
                    ranks[0].Path, "iterations", $"{iterations[i]} after {iterations[i - 1]}", "contiguous iterations");
        Iterations = iterations.Count;
        foreach (var file in ranks)
            foreach (var iteration in iterations)
                foreach (var layer in Layers)
                    if (!file.Header.Tensors.ContainsKey(Key(iteration, layer)))
                        throw new InputException(
                            file.Path, Key(iteration, layer), null,
                            $"every one of {Iterations} iterations and {Layers.Length} layers in every rank's file");
    }
}
