using System.Collections.Immutable;
using System.Text;
using MoEPlace.Evaluation;
using MoEPlace.Executor.Models;
using MoEPlace.Executor.Ranks;
using MoEPlace.Executor.Running;
using MoEPlace.Torch;

namespace MoEPlace.Executor.Applying;

/// <summary>
/// Takes a running job from placement to placement. A machine that all ranks have alike: before every step they tell each other what they know,
/// so that all decide the same. Prepare: experts travel to spare slots beside the steps. Commit: the epoch is put on record and all switch.
/// Release: a step later the old slots are free. Whatever fails before the commit leaves the epoch before in force.
/// </summary>
internal sealed class LiveApply : IDisposable
{
    /// <summary>The reason of an apply that is given up by wish.</summary>
    private const string Asked = "it was asked for";

    private readonly IRankGroup channel;
    private readonly Courier courier;
    private readonly ImmutableArray<ExpertBank> banks;
    private readonly ExpertExchange exchange;
    private readonly LiveOptions options;
    private readonly FaultPoints points;
    private readonly Canary canary;
    private Migration? current;
    private int steps;

    /// <summary>Opens the channel: every rank makes one at the same time.</summary>
    /// <param name="group">The ranks.</param>
    /// <param name="model">The model, loaded with spare slots.</param>
    /// <param name="exchange">Whose rule a commit changes.</param>
    /// <param name="first">The placement that the run begins with.</param>
    /// <param name="options">How.</param>
    internal LiveApply(IRankGroup group, MoELanguageModel model, ExpertExchange exchange, ExpertPlacement first, LiveOptions options)
    {
        (this.exchange, this.options) = (exchange, options);
        banks = [.. model.Layers.Where(layer => layer.IsMoE).Select(layer => layer.Experts!)];
        points = new FaultPoints(group, options.Drill, options.Struck);
        canary = new Canary(group, model);
        Epoch = new Epoch(options.FirstEpoch, first);
        channel = group.OpenChannel();
        courier = new Courier(channel);
        Desk?.Serve(Epoch);
        Tell(ApplyState.Serving);
    }

    /// <summary>What is in force.</summary>
    internal Epoch Epoch { get; private set; }

    /// <summary>Whether weights travel beside the step that comes.</summary>
    internal bool IsMoving { get; private set; }

    private ApplyDesk? Desk => channel.Rank == 0 ? options.Desk : null;

    /// <summary>Before a step: ends what travelled beside the one before, decides, and lets more travel.</summary>
    /// <param name="done">Steps that have run.</param>
    /// <exception cref="RankLossException">A rank is gone.</exception>
    internal void Boundary(int done)
    {
        steps = done;
        courier.Await();
        if (current is { IsReady: true })
            points.Pass(ApplyPoint.Verified);
        var request = current is null ? Desk?.Take() : null;
        var payload = request is null ? [] : Encoding.UTF8.GetBytes(ExpertPlacementFile.ToJson(request.Target));
        var votes = channel.ToAll(
        [
            payload.Length, request?.BytesPerStep ?? 0, Desk?.TakeAbort() == true ? 1 : 0, points.TakeFullMemory() ? 1 : 0,
            current is { IsReady: true } ? 1 : 0, options.RoutingDropped?.Invoke() ?? 0,
        ]);
        Desk?.Advance(steps, votes.Sum(vote => vote[5]));
        var (wish, full) = (votes[0][2] != 0, Array.FindIndex(votes, vote => vote[3] != 0));
        if (current is not null)
            Continue(current, wish, full, ready: votes.All(vote => vote[4] != 0));
        else if (votes[0][0] > 0)
            Begin(payload, votes[0][0], votes[0][1], wish);
        IsMoving = current is { Switched: false, Transfer.Complete: false };
        if (IsMoving)
        {
            var (transfer, budget) = (current!.Transfer, current.BytesPerStep);
            courier.Start(() => transfer.RunStep(budget));
        }
    }

    /// <summary>After the last step.</summary>
    /// <param name="done">Steps that have run.</param>
    internal void End(int done)
    {
        steps = done;
        courier.Await();
        if (current is { Switched: true })
            Release(current);
        Free();
        current = null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        courier.Dispose();
        current?.Transfer?.Dispose();
        Desk?.Tell(Desk.Status with { State = ApplyState.Ended, Epoch = Epoch.Number, Steps = steps });
    }

    private void Begin(byte[] mine, long length, long bytesPerStep, bool wish)
    {
        var target = Receive(mine, length);
        points.Pass(ApplyPoint.Announced);
        var plan = MigrationPlan.Make(Epoch.Placement, target, [.. banks.Select(bank => bank.Slots)]);
        if (plan.Refusal is { } refusal)
        {
            Tell(ApplyState.Aborted, refusal);
            return;
        }
        points.Pass(ApplyPoint.Planned);
        if (plan.Waves.IsEmpty)
        {
            Tell(ApplyState.Done);
            return;
        }
        canary.Remember(Epoch.Placement);
        current = new Migration(plan, Math.Max(1, bytesPerStep), banks[0].BytesPerExpert);
        Prepare(current);
        if (wish)
            GiveUp(Asked);
    }

    /// <summary>The target, from rank 0 to all.</summary>
    private ExpertPlacement Receive(byte[] mine, long length)
    {
        using var scope = torch.NewDisposeScope();
        var (sent, received) = (new long[channel.Size], new long[channel.Size]);
        if (channel.Rank == 0)
            sent.AsSpan().Fill(length);
        received[0] = length;
        var copies = channel.Rank == 0
            ? torch.cat([.. Enumerable.Repeat(torch.tensor<byte>(mine), channel.Size)]) : torch.empty([0], ScalarType.Byte);
        var json = Encoding.UTF8.GetString(channel.AllToAll(copies, sent, received).narrow(0, 0, length).ToArray<byte>());
        return ExpertPlacementFile.Parse(json, "target");
    }

    private void Prepare(Migration migration)
    {
        migration.Transfer = new WaveTransfer(channel, banks, migration.NextWave.Moves, points);
        Tell(ApplyState.Preparing);
    }

    /// <summary>One boundary of an apply that is under way.</summary>
    private void Continue(Migration migration, bool wish, int full, bool ready)
    {
        if (migration.Switched)
            Release(migration);
        if (current is null)
            return;
        if (wish)
            GiveUp(Asked);
        else if (full >= 0)
            GiveUp($"rank {full} has no memory for wave {migration.Wave}");
        else if (migration.Transfer.Hopeless is { } move)
            GiveUp($"expert {move.Expert} of layer {LayerOf(move)} does not reach rank {move.To} from rank {move.From} unharmed");
        else if (ready && migration.IsReady)
            Commit(migration);
        else
            Tell(ApplyState.Preparing);
    }

    private void Commit(Migration migration)
    {
        points.Pass(ApplyPoint.Prepared);
        var epoch = new Epoch(Epoch.Number + 1, migration.NextWave.After);
        var failure = Record(epoch);
        // The answer comes when rank 0 has written: before that no rank may switch.
        if (channel.ToAll([failure is null ? 0 : 1])[0][0] != 0)
        {
            GiveUp($"the epoch could not be put on record: {failure}");
            return;
        }
        points.Pass(ApplyPoint.Recorded);
        for (var layer = 0; layer < banks.Length; layer++)
            banks[layer].Switch(epoch.Placement.ExpertsOn(new LayerId(layer), new RankId(channel.Rank)));
        exchange.Use(new DispatchRule(epoch.Placement));
        Epoch = epoch;
        Desk?.Serve(epoch);
        migration.Switched = true;
        Tell(ApplyState.Committed);
        points.Pass(ApplyPoint.Switched);
    }

    /// <returns>Why it could not be put on record; null when it is, or this is not the rank that does it.</returns>
    private string? Record(Epoch epoch)
    {
        try
        {
            if (channel.Rank == 0)
                options.Record?.Invoke(epoch);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InputException)
        {
            return e.Message;
        }
    }

    /// <summary>All ranks have switched: what does not serve is freed, and the next wave begins.</summary>
    private void Release(Migration migration)
    {
        Free();
        points.Pass(ApplyPoint.Released);
        if (points.TakeFlip())
            Damage(migration.NextWave.Moves);
        migration.EndWave();
        if (!migration.Over)
        {
            Prepare(migration);
            return;
        }
        Tell(ApplyState.Done, canaryDifference: canary.Compare(Epoch.Placement));
        current = null;
    }

    private void GiveUp(string reason)
    {
        Free();
        Tell(ApplyState.Aborted, reason);
        current = null;
    }

    /// <summary>Turns the signs of the experts that have arrived on this rank.</summary>
    private void Damage(ImmutableArray<ExpertMove> moves)
    {
        foreach (var move in moves.Where(move => move.To.Value == channel.Rank))
            banks[move.Layer.Value].TurnSigns(move.Expert);
    }

    private int LayerOf(ExpertMove move) => Epoch.Placement.MoeLayerIds[move.Layer.Value];

    private void Free()
    {
        foreach (var bank in banks)
            bank.Release();
        current?.Transfer?.Dispose();
    }

    private void Tell(ApplyState state, string? reason = null, double? canaryDifference = null) => Desk?.Tell(current is { } migration
        ? new ApplyStatus(
            state, Epoch.Number, steps, migration.Wave, migration.Waves, migration.BytesMoved, migration.BytesInAll, reason,
            canaryDifference)
        : new ApplyStatus(state, Epoch.Number, steps, Reason: reason));
}
