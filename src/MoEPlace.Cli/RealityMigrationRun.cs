using System.Collections.Immutable;
using System.Globalization;
using MoEPlace.Executor.Applying;
using MoEPlace.Executor.Control;
using MoEPlace.Executor.Ranks.Emulation;
using MoEPlace.Executor.Running;
using MoEPlace.Results;

namespace MoEPlace.Cli;

/// <summary>Measures a job that samples, in whose middle a quarter of the experts changes nodes.</summary>
/// <param name="options">The model and its text.</param>
/// <param name="program">Starts the ranks.</param>
/// <param name="nodes">The nodes that they stand on; null for this machine as it is.</param>
/// <param name="link">The link between them.</param>
internal sealed class RealityMigrationRun(RealityOptions options, RankProgram program, EmulatedNodes? nodes, RealityLink link)
{
    /// <summary>Steps before anything moves, beside which it moves, and that there are in all.</summary>
    private const int StepsBefore = 216, StepsBeside = 220, StepsInAll = 640;

    private const int LongestAnswer = 232;
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(200);

    /// <summary>Runs it.</summary>
    /// <param name="batch">Tokens of a step.</param>
    /// <param name="positions">Tokens that a sequence may have.</param>
    /// <param name="model">The model, with the bytes of an expert.</param>
    /// <param name="begin">The file of the placement that it begins with.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="IOException">The job ended before, or the migration was not applied as a whole.</exception>
    internal RealityMigration Run(int batch, int positions, MoEModel model, string begin, CancellationToken cancellation)
    {
        var from = ExpertPlacementFile.Read(begin);
        var target = Exchanged(from, model);
        var moved = from.Layers * Pairs(from) * 2;
        var bytes = moved * model.Dimensions!.ExpertBytes;
        var wish = new ApplyRequest(target, Math.Max(1, bytes / StepsBeside));
        var folder = Directory.CreateTempSubdirectory("moeplace-reality-").FullName;
        try
        {
            var (job, times) = (Path.Combine(folder, "job"), Path.Combine(folder, "times.json"));
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            var run = Task.Run(
                () => program.Run([.. Arguments(batch, positions), "--placement", begin, "--job", job, "--times", times], ended.Token),
                cancellation);
            try
            {
                var arrived = Apply(Await(job, run, cancellation), wish, cancellation);
                if (arrived != bytes)
                    throw new IOException(string.Create(CultureInfo.InvariantCulture, $"the migration moved {arrived} bytes, asked were {bytes}"));
            }
            catch
            {
                ended.Cancel();
                Task.WaitAny([run], CancellationToken.None);
                throw;
            }
            run.GetAwaiter().GetResult();
            ImmutableArray<TimedStep> steps = [.. StepTimesFile.Read(times).Steps.Where(step => !step.Prefill).Skip(RealityJob.WarmUp)];
            return new RealityMigration(
                link.Name, moved, from.Layers * from.Experts, bytes, wish.BytesPerStep, link.MeasuredBytesPerSecond,
                [.. steps.Select(step => step.Seconds)], [.. steps.Select(step => step.Moving)], [.. steps.Select(step => step.Epoch)]);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>As many sequences, one batch after the other, as give the steps.</summary>
    /// <param name="batch">Tokens of a step.</param>
    /// <param name="positions">Tokens that a sequence may have, at least two more than <see cref="RealityJob.Prompt"/>.</param>
    internal static int Sequences(int batch, int positions)
    {
        var decoded = Sampled(positions) - 1;
        return (StepsInAll + decoded - 1) / decoded * batch;
    }

    private static int Sampled(int positions) => Math.Min(LongestAnswer, positions - RealityJob.Prompt);

    private ImmutableArray<string> Arguments(int batch, int positions)
    {
        return
        [
            "run", options.Checkpoint, "--text", .. options.Texts, "--sequences", Text(Sequences(batch, positions)), "--batch", Text(batch),
            "--length", Text(RealityJob.Prompt), "--prefill", Text(RealityJob.Prompt), "--prefill-tokens", Text(batch * RealityJob.Prompt),
            "--new-tokens", Text(Sampled(positions)), "--temperature", "1", "--device", "cpu", "--json",
        ];

        static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Waits until the job has run long enough.</summary>
    private ControlClient Await(string job, Task run, CancellationToken cancellation)
    {
        ControlClient? client = null;
        while (!run.IsCompleted)
        {
            try
            {
                client ??= new ControlClient(job);
                var asked = client;
                if (AtTheJob(() => asked.StatusAsync(cancellation).GetAwaiter().GetResult()).Steps >= StepsBefore)
                    return client;
            }
            catch (IOException)
            {
                // It has not begun to listen.
            }
            cancellation.WaitHandle.WaitOne(BetweenLooks);
            cancellation.ThrowIfCancellationRequested();
        }
        run.GetAwaiter().GetResult();
        throw new IOException($"the job ended before experts moved: it ran fewer than {StepsBefore} steps");
    }

    /// <summary>Has the placement applied; returns the bytes that arrived.</summary>
    private long Apply(ControlClient client, ApplyRequest wish, CancellationToken cancellation)
    {
        var last = AtTheJob(() => FollowAsync().GetAwaiter().GetResult());
        return last?.State == ApplyState.Done
            ? last.BytesMoved
            : throw new IOException($"the migration was not applied: {last?.Reason ?? "the job has ended"}");

        async Task<ApplyStatus?> FollowAsync()
        {
            ApplyStatus? status = null;
            await foreach (var now in client.ApplyAsync(wish, cancellation).ConfigureAwait(false))
                status = now;
            return status;
        }
    }

    /// <summary>Asks from the node of rank 0: its loopback is where the job listens.</summary>
    private T AtTheJob<T>(Func<T> ask) => nodes is null ? ask() : nodes.Inside(0, ask);

    /// <summary>In every layer as many experts of the first half of the ranks change places with some of the second as make a quarter.</summary>
    private static ExpertPlacement Exchanged(ExpertPlacement from, MoEModel model)
    {
        var random = new SeedStream(1, "reality migration");
        var rankOf = new int[from.Layers * from.Experts];
        for (var layer = 0; layer < from.Layers; layer++)
        {
            var ranks = rankOf.AsSpan(layer * from.Experts, from.Experts);
            for (var expert = 0; expert < from.Experts; expert++)
                ranks[expert] = from.RanksOf(new LayerId(layer), new ExpertId(expert))[0];
            int[] near = [.. Enumerable.Range(0, from.Experts).Where(e => rankOf[layer * from.Experts + e] < from.Ranks / 2)];
            int[] far = [.. Enumerable.Range(0, from.Experts).Except(near)];
            random.Shuffle<int>(near);
            random.Shuffle<int>(far);
            for (var i = 0; i < Pairs(from); i++)
                (ranks[near[i]], ranks[far[i]]) = (ranks[far[i]], ranks[near[i]]);
        }
        return ExpertPlacement.FromRanks(
            model, ClusterPresets.Parse(FormattableString.Invariant($"{from.Nodes}x{from.RanksPerNode}")), rankOf, from.Provenance);
    }

    private static int Pairs(ExpertPlacement placement) => Math.Max(1, placement.Experts / 8);
}
