using System.Collections.Immutable;
using MoEPlace.Executor.Models;
using MoEPlace.Executor.Ranks;
using MoEPlace.Executor.Running;
using MoEPlace.Results;
using MoEPlace.Torch;

namespace MoEPlace.Executor.Calibrating;

/// <summary>
/// Dispatches and combines by size and by whom every rank sends to. A sample goes through layers as a step does: a dispatch follows attention,
/// a combine experts, which by themselves are taken off.
/// </summary>
internal sealed class ExchangeSamples : IDisposable
{
    private readonly IRankGroup group;
    private readonly MoELanguageModel model;
    private readonly ExpertPlacement placement;
    private readonly ExpertExchange exchange;
    private readonly CalibrationOptions options;
    private readonly ImmutableArray<DecoderLayer> sparse;
    private readonly Tensor rows;
    private readonly List<Tensor> owned = [];

    internal ExchangeSamples(
        IRankGroup group, MoELanguageModel model, ExpertPlacement placement, ExpertExchange exchange, CalibrationOptions options)
    {
        (this.group, this.model, this.placement, this.exchange, this.options) = (group, model, placement, exchange, options);
        sparse = [.. model.Layers.Where(layer => layer.IsMoE)];
        rows = MadeUpTokens.Rows(options.Tokens.Max() * Math.Max(1, group.Size - 1) + 1, model).DetachFromDisposeScope();
    }

    /// <summary>All of them.</summary>
    /// <param name="compute">What comes before an exchange.</param>
    /// <param name="take">Takes each.</param>
    internal IEnumerable<WorkSample> All(ComputeSamples compute, Action<MeasuredExchange> take)
    {
        var bytes = (long)model.Config.HiddenSize * Tensor.BytesOf(model.Type);
        foreach (var (name, peers) in Peers())
            foreach (var (each, own) in RowsToEach().Prepend((0, options.Tokens.Min())))
            {
                var (attend, run) = (compute.AttentionOf(own), compute.ExpertsOf(exchange, own));
                // One token more, without an expert: where all of them leave in their order nothing needs to be picked.
                var tokens = each * peers.Length + 1;
                var (step, here) = (MadeUpTokens.Batch(tokens, 1), Enumerable.Range(0, tokens).ToArray());
                var choices = MadeUpTokens.Choose(
                    tokens, model.Config, (token, choice) => token == 0 ? -1 : Expert(peers[token % peers.Length], token, choice));
                Arrivals? arrived = null;
                yield return new WorkSample(
                    sparse.Length, () => Dispatch(sparse[0]), () => ForEachLayer(attend + (layer => _ = Dispatch(layer))),
                    time => take(new MeasuredExchange("dispatch", name, each * bytes, time)), () => ForEachLayer(attend));
                yield return new WorkSample(
                    sparse.Length, PrepareCombine, () => ForEachLayer(run + Combine),
                    time => take(new MeasuredExchange("combine", name, each * bytes, time)), () => ForEachLayer(run));

                Arrivals Dispatch(DecoderLayer layer) =>
                    exchange.Send(layer.Ordinal, step, here, rows.narrow(0, 0, tokens), choices, keepsExpertless: false);

                void PrepareCombine()
                {
                    if (arrived is null)
                    {
                        arrived = Dispatch(sparse[0]);
                        owned.Add(arrived.Rows.DetachFromDisposeScope());
                    }
                    Combine(sparse[0]);
                }

                void Combine(DecoderLayer layer)
                {
                    var back = exchange.Combine(arrived!.Rows, arrived.Received, arrived.Sent);
                    _ = HomePass.Add(rows.narrow(0, 0, tokens), arrived.SentRows, back);
                }
            }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in owned)
            tensor.Dispose();
        rows.Dispose();
    }

    private void ForEachLayer(Action<DecoderLayer> run)
    {
        foreach (var layer in sparse)
        {
            using var scope = torch.NewDisposeScope();
            run(layer);
        }
    }

    /// <summary>Rows that a rank sends to each, where its tokens choose all ranks alike, and its tokens.</summary>
    private IEnumerable<(int Rows, int Tokens)> RowsToEach() =>
        options.Tokens.Select(tokens => (Math.Min(tokens, (tokens * model.Config.Choices + group.Size - 1) / group.Size), tokens)).DistinctBy(pair => pair.Item1);

    /// <summary>Whom this rank sends to.</summary>
    private IEnumerable<(string Name, int[] Ranks)> Peers()
    {
        var (each, node) = (options.RanksPerNode, group.Rank / options.RanksPerNode);
        int[] others = [.. Enumerable.Range(0, group.Size).Where(rank => rank != group.Rank)];
        yield return ("itself", [group.Rank]);
        if (each > 1)
            yield return ("intra-node", [.. others.Where(rank => rank / each == node)]);
        if (group.Size > each)
            yield return ("inter-node", [.. others.Where(rank => rank / each != node)]);
        if (each > 1 && group.Size > each)
            yield return ("all", others);
    }

    /// <summary>An expert of a rank; -1 for choices beyond those that it has.</summary>
    private int Expert(int rank, int token, int choice)
    {
        var held = placement.ExpertsOn(new LayerId(0), new RankId(rank));
        return choice < held.Length ? held[(token + choice) % held.Length] : -1;
    }
}
