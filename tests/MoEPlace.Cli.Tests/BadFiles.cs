using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;

[assembly: AssemblyFixture(typeof(MoEPlace.Cli.Tests.BadFiles))]

namespace MoEPlace.Cli.Tests;

/// <summary>The good samples, and each of them broken in one way, in a folder that no bad command line may change.</summary>
public sealed class BadFiles : IDisposable
{
    private readonly Samples good = new();

    /// <summary>Breaks them.</summary>
    public BadFiles()
    {
        Placement("unknown-key.json", p => p["colour"] = "red");
        Placement("missing-key.json", p => p.AsObject().Remove("experts"));
        Placement("missing-expert.json", p => p["slots"]![0]![0]![0] = 2);
        Placement("twice.json", p => p["slots"]![1]![0]!.AsArray().Add(0));
        Placement("far-expert.json", p => p["slots"]![2]![3]![1] = 8);
        Placement("newer.json", p => (p["format"], p["epochs"]) = ("moeplace.placement/2", 3));
        Placement("text-slot.json", p => p["slots"]![0]![0]![0] = "zero");
        Placement("escape.json", p => p["\u001b[31mred\n"] = "\u001b[0m");
        Placement("no-slots.json", p => p["slots"] = null);
        Cluster("cluster-unknown-key.json", c => c["racks"] = 2);
        Cluster("cluster-missing-key.json", c => c["intraNode"]!.AsObject().Remove("latencyNanoseconds"));
        Cluster("cluster-negative.json", c => c["interNode"]!["bandwidthBytesPerSecond"] = -1.0);
        Cluster("cluster-text.json", c => c["nodes"] = "four");
        Cluster("cluster-newer.json", c => c["format"] = "moeplace.cluster/9");
        File.WriteAllText(good["not-json.json"], "{\"format\": ");
        File.WriteAllText(good["list.json"], "[]");
        File.WriteAllText(good["empty.json"], "");

        var trace = File.ReadAllBytes(good.Trace);
        File.WriteAllBytes(good["truncated.safetensors"], trace[..(trace.Length / 2)]);
        File.WriteAllBytes(good["no-file.safetensors"], []);
        Trace("wrong-dtype.safetensors", header => header["expert_ids"]!["dtype"] = "I8");
        Trace("newer.safetensors", header => header["__metadata__"]!["format"] = "moeplace.trace/2");
        Trace("zero-tokens.safetensors", Empty);
        Trace("fewer-layers.safetensors", header => header["__metadata__"]!["model"] =
            ((string)header["__metadata__"]!["model"]!).Replace("1,2,3,4", "1,2,3", StringComparison.Ordinal));
        OutOfRange("expert-range.safetensors");

        NpyFiles.Write(good["ids.npy"], "|u1", "2, 3, 2", new byte[12]);
        NpyFiles.Write(good["short.npy"], "|u1", "2, 3, 2", new byte[5]);
        NpyFiles.Write(good["floats.npy"], "<f8", "1, 3, 2", new byte[48]);
        CliRun.Done("placement", "export", good.Placement, "--to", "sglang", "-o", good["sglang.json"]);
        CliRun.Done("placement", "export", good.Placement, "--to", "vllm-ascend", "-o", good["ascend.json"]);
        Directory.CreateDirectory(good["folder"]);
    }

    internal string this[string name] => good[name];

    /// <summary>Names and bytes of everything, to see that nothing was touched.</summary>
    internal (string Name, string Content)[] Snapshot() =>
        [.. good.Files().Select(file => (file, Convert.ToBase64String(File.ReadAllBytes(good[file]))))];

    /// <inheritdoc/>
    public void Dispose() => good.Dispose();

    private void Placement(string name, Action<JsonNode> change) => Change(File.ReadAllText(good.Placement), name, change);

    private void Cluster(string name, Action<JsonNode> change) =>
        Change(JsonSerializer.Serialize(ClusterPresets.Parse("1x4"), StrictJson.Options), name, change);

    private void Change(string json, string name, Action<JsonNode> change)
    {
        var node = JsonNode.Parse(json)!;
        change(node);
        File.WriteAllText(good[name], node.ToJsonString());
    }

    private void Trace(string name, Action<JsonNode> change)
    {
        var bytes = File.ReadAllBytes(good.Trace);
        var length = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        var header = JsonNode.Parse(Encoding.UTF8.GetString(bytes, 8, length))!;
        change(header);
        var text = Encoding.UTF8.GetBytes(header.ToJsonString());
        var size = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(size, (ulong)text.Length);
        var data = name.StartsWith("zero", StringComparison.Ordinal) ? [] : bytes[(8 + length)..];
        File.WriteAllBytes(good[name], [.. size, .. text, .. data]);
    }

    private static void Empty(JsonNode header)
    {
        foreach (var (name, tensor) in header.AsObject().Where(entry => entry.Key != "__metadata__"))
        {
            tensor!["shape"]![0] = 0;
            tensor["data_offsets"] = new JsonArray(0, 0);
        }
    }

    private void OutOfRange(string name)
    {
        var bytes = File.ReadAllBytes(good.Trace);
        var length = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        var header = JsonNode.Parse(Encoding.UTF8.GetString(bytes, 8, length))!;
        bytes[8 + length + (int)header["expert_ids"]!["data_offsets"]![0]!] = 200;
        File.WriteAllBytes(good[name], bytes);
    }
}
