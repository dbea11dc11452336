using MoEPlace.Executor.Models;
using MoEPlace.Traces;
using MoEPlace.Traces.Journals;

namespace MoEPlace.Executor.Running;

/// <summary>Writes what this rank runs into its file of a journal.</summary>
internal sealed class RoutingRecorder(RoutingJournal journal, int topK, int ranks) : IDisposable
{
    /// <summary>The columns of its journals. One rank is everybody's home, which would say nothing of homes on other clusters.</summary>
    internal static TraceColumns Columns(int ranks) =>
        TraceColumns.GateWeights | TraceColumns.Step | TraceColumns.Phase | TraceColumns.Domain | (ranks > 1 ? TraceColumns.Home : 0);

    private ushort[] experts = [];
    private Half[] weights = [];

    /// <summary>Records what the tokens are that live on this rank.</summary>
    internal void Tokens(int step, TokenBatch tokens)
    {
        if (tokens.Count == 0)
            return;
        var (homes, phases) = (new ushort[ranks > 1 ? tokens.Count : 0], new byte[tokens.Count]);
        for (var i = 0; i < homes.Length; i++)
            homes[i] = (ushort)StepPlan.HomeOf(tokens.Sequences[i], ranks).Value;
        phases.AsSpan().Fill(tokens.Prefill ? (byte)0 : (byte)1);
        journal.Append(step, new JournalTokens
        {
            Ordinals = tokens.Ordinals.AsSpan(),
            Sequence = tokens.Sequences.AsSpan(),
            Position = tokens.Positions.AsSpan(),
            Home = homes,
            Phase = phases,
            Domain = tokens.Domains.AsSpan(),
        });
    }

    /// <summary>Records what was chosen in a layer; experts that cost nothing are none.</summary>
    internal void Choices(int step, LayerId layer, TokenBatch tokens, TokenChoices choices)
    {
        var count = choices.Experts.Length;
        if (experts.Length < count)
            (experts, weights) = (new ushort[count], new Half[count]);
        for (var i = 0; i < count; i++)
            (experts[i], weights[i]) = choices.IsReal(choices.Experts[i])
                ? ((ushort)choices.Experts[i], (Half)choices.Weights[i])
                : (RoutingTrace.NoExpert, Half.Zero);
        journal.Append(step, layer.Value, tokens.Ordinals.AsSpan(), experts.AsSpan(0, tokens.Count * topK), weights.AsSpan(0, tokens.Count * topK));
    }

    /// <summary>Hands what is gathered to the system.</summary>
    internal void Flush() => journal.Flush();

    /// <summary>Notes the end.</summary>
    internal void Complete() => journal.Complete();

    /// <inheritdoc/>
    public void Dispose() => journal.Dispose();
}
