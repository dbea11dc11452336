using System.Collections.Immutable;
using MoEPlace.Executor.Models;
using MoEPlace.Torch;
using MoEPlace.Traces;
using static MoEPlace.Torch.torch.nn.functional;

namespace MoEPlace.Executor.Training;

/// <summary>Runs a model over windows that it was not trained on: for its loss, and for the routing of a trace.</summary>
public static class HeldOutPass
{
    /// <summary>Loss by domain, and balance.</summary>
    /// <param name="model">The model, with all experts.</param>
    /// <param name="step">Steps that it was trained.</param>
    /// <param name="windows">As <see cref="Corpus.HeldOut"/> gives them.</param>
    /// <param name="domains">How many domains there are.</param>
    /// <param name="batch">Windows of a pass.</param>
    public static HeldOutPoint Evaluate(
        MoELanguageModel model, long step, ImmutableArray<(byte Domain, ReadOnlyMemory<byte> Bytes)> windows, int domains, int batch)
    {
        ArgumentNullException.ThrowIfNull(model);
        var loads = new ExpertLoads(model.Config.MoeLayerIds.Length, model.Config.Experts);
        var (sums, counts) = (new double[domains], new long[domains]);
        using var unwatched = torch.no_grad();
        foreach (var (first, count) in Passes(windows, batch))
        {
            using var scope = torch.NewDisposeScope();
            var some = windows.AsSpan().Slice(first, count);
            var logits = model.Forward(
                Windows.ToBatch(some, first), null, (layer, choice) => loads.Add(layer, choice.Experts.ToArray<long>()));
            sums[some[0].Domain] += cross_entropy(logits, Windows.Targets(some)).item() * count;
            counts[some[0].Domain] += count;
        }
        return new HeldOutPoint(
            step, sums.Sum() / counts.Sum(), [.. sums.Zip(counts, (sum, count) => sum / count)],
            ExpertLoads.Imbalance(loads.Loads, model.Config.MoeLayerIds.Length));
    }

    /// <summary>Writes what the gates choose for each token, with weights and domains.</summary>
    /// <param name="model">The model, with all experts.</param>
    /// <param name="windows">As <see cref="Corpus.HeldOut"/> gives them; each becomes a sequence.</param>
    /// <param name="batch">Windows of a pass.</param>
    /// <param name="path">The trace.</param>
    /// <param name="header">What the trace says of itself.</param>
    /// <exception cref="InputException">The path cannot be written.</exception>
    public static void Record(
        MoELanguageModel model, ImmutableArray<(byte Domain, ReadOnlyMemory<byte> Bytes)> windows, int batch, string path,
        TraceHeader header)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(header);
        var length = windows[0].Bytes.Length - 1;
        using var writer = new RoutingTraceWriter(
            path, header, (long)windows.Length * length, TraceColumns.GateWeights | TraceColumns.Domain);
        using var unwatched = torch.no_grad();
        foreach (var (first, count) in Passes(windows, batch))
        {
            using var scope = torch.NewDisposeScope();
            var tokens = Windows.ToBatch(windows.AsSpan().Slice(first, count), first);
            var rows = new ushort[tokens.Count * header.Model.Layers * header.Model.TopK];
            var weights = new Half[rows.Length];
            model.Forward(tokens, null, (layer, choice) => Put(layer, choice.Experts.ToArray<long>(), choice.Weights.ToArray<float>()));
            writer.Append(new TraceRows(rows, [.. tokens.Sequences], [.. tokens.Positions], weights, Domain: [.. tokens.Domains]));

            void Put(LayerId layer, long[] experts, float[] shares)
            {
                var k = header.Model.TopK;
                for (var i = 0; i < experts.Length; i++)
                {
                    var to = (i / k * header.Model.Layers + layer.Value) * k + i % k;
                    var real = experts[i] >= 0 && experts[i] < header.Model.Experts;
                    rows[to] = real ? (ushort)experts[i] : RoutingTrace.NoExpert;
                    weights[to] = real ? (Half)shares[i] : Half.Zero;
                }
            }
        }
        writer.Complete();
    }

    /// <summary>Windows that run together are of one domain.</summary>
    private static IEnumerable<(int First, int Count)> Passes(ImmutableArray<(byte Domain, ReadOnlyMemory<byte> Bytes)> windows, int batch)
    {
        for (int first = 0, count; first < windows.Length; first += count)
        {
            count = 1;
            while (count < batch && first + count < windows.Length && windows[first + count].Domain == windows[first].Domain)
                count++;
            yield return (first, count);
        }
    }
}
