using MoEPlace.Executor.Models;
using MoEPlace.Executor.Ranks;
using MoEPlace.Executor.Running;
using MoEPlace.Executor.Tests.Models;
using MoEPlace.Executor.Tests.Ranks;
using MoEPlace.Traces;
using MoEPlace.Traces.Journals;
using MoEPlace.Traces.Safetensors;

namespace MoEPlace.Executor.Tests.Running;

/// <summary>A run of a tiny checkpoint over ranks, with all that it gives; its sequences are those that the oracle answered.</summary>
internal sealed class RankCase : IDisposable
{
    private readonly TempFolder folder = new();
    private readonly List<float> logits = [];

    private RankCase(string layout, int copies, int prefill)
    {
        Oracle = SafetensorsFile.Open(Path.Combine(Layouts.Folder(layout), "expected.safetensors"));
        Config = TransformerConfig.Read(Layouts.Folder(layout));
        int[] ids = Column<int>("tokens"), sequences = Column<int>("sequence");
        var own = sequences.Max() + 1;
        Job = new Job
        {
            Prompts = [.. Enumerable.Range(0, own * copies).Select(s => Prompt([.. ids.Where((_, i) => sequences[i] == s % own)], s))],
            Batch = 5,
            PrefillTokens = 40,
        };

        // Every prompt prefills another share of its ids.
        Prompt Prompt(int[] all, int s) => new([.. all], prefill switch
        {
            0 => 0,
            100 => all.Length,
            _ => Math.Min(all.Length, s % 4 * 5),
        });
    }

    internal SafetensorsFile Oracle { get; }

    internal TransformerConfig Config { get; }

    internal Job Job { get; private set; }

    internal RunResult Result { get; private set; } = null!;

    internal RoutingTrace Trace { get; private set; } = null!;

    internal ExpertPlacement Placement { get; private set; } = null!;

    /// <summary>[tokens, vocabulary] by ordinal.</summary>
    internal ReadOnlySpan<float> Logits => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(logits);

    internal T[] Column<T>(string name)
        where T : unmanaged
    {
        var tensor = Oracle.Header.Tensors[name];
        return Oracle.Elements<T>(tensor, 0, (int)tensor.Elements).ToArray();
    }

    /// <summary>Runs it.</summary>
    /// <param name="layout">Which checkpoint.</param>
    /// <param name="ranks">How many ranks.</param>
    /// <param name="processes">Over c10d, else in memory.</param>
    /// <param name="residency">Where tokens live.</param>
    /// <param name="seed">Of the placement, which has replicas; below 0 for a contiguous one.</param>
    /// <param name="prefill">Per cent of the ids; 0, 100, or 50 for every prompt differently.</param>
    internal static RankCase Run(string layout, int ranks, bool processes, Residency residency, long seed, int prefill)
    {
        var run = new RankCase(layout, 3, prefill);
        try
        {
            run.Placement = seed < 0 ? Placements.Contiguous(run.Config, ranks) : Placements.Random(run.Config, ranks, new SeedStream(seed, "placement"));
            var journal = run.folder["journal"];
            var header = new TraceHeader(run.Config.ToModel(sizeof(float)), TraceOrigin.Measured, "test", "", ChoiceOrder.ByWeight, []);
            RoutingJournal.Create(journal, new JournalHeader(header, ranks, RoutingRecorder.Columns(ranks)));
            var options = new RunOptions
            {
                Placement = run.Placement,
                Residency = residency,
                JournalFolder = journal,
                Logits = values => run.logits.AddRange(values),
            };
            var results = processes ? ProcessRankThreads.Run(ranks, Work) : VirtualRanks.Run(ranks, Work);
            run.Result = results[0];
            JournalTrace.Write(journal, run.folder["trace"]);
            run.Trace = RoutingTrace.Open(run.folder["trace"]);
            return run;

            RunResult Work(IRankGroup group)
            {
                using var model = Layouts.Load(Layouts.Folder(layout), run.Placement, group.Rank);
                return RankRun.Run(group, model, run.Job, options);
            }
        }
        catch
        {
            run.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Trace?.Dispose();
        Oracle.Dispose();
        folder.Dispose();
    }
}
