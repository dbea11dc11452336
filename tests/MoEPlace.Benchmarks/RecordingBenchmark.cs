using System.Collections.Immutable;
using MoEPlace.Executor.Models;
using MoEPlace.Executor.Ranks;
using MoEPlace.Executor.Running;
using MoEPlace.Torch;
using MoEPlace.Traces;

namespace MoEPlace.Benchmarks;

/// <summary>
/// How much slower is a run that records its routing? The same job runs with and without, turn about, in one process of one rank; the answer is
/// the median of the ratios of each pair.
/// </summary>
internal static class RecordingBenchmark
{
    private const int Sequences = 32;
    private const int Length = 160;
    private const int Prefill = 32;

    internal static int Run(string[] args)
    {
        var (folder, pairs) = Parse(args);
        Console.WriteLine(Machine.Describe());
        using var checkpoint = Checkpoint.Open(folder);
        var config = checkpoint.Config;
        var placement = ExpertPlacement.FromRanks(
            config.ToModel(4), ClusterPresets.Parse("1x1"), new int[config.MoeLayerIds.Length * config.Experts],
            new PlacementProvenance("contiguous", "", ImmutableSortedDictionary<string, string>.Empty, 0, MoEPlaceVersion.Current));
        using var model = MoELanguageModel.Load(checkpoint, placement, new RankId(0), TorchDevice.Cpu, ScalarType.Float32);
        var stream = new SeedStream(1, "recording benchmark");
        var job = new Job
        {
            Prompts =
            [
                .. Enumerable.Range(0, Sequences).Select(_ => new Prompt(
                    [.. Enumerable.Range(0, Length).Select(_ => stream.Next(config.VocabularySize))], Prefill)),
            ],
            Batch = Sequences,
        };
        var ratios = new double[pairs];
        for (var pair = -1; pair < pairs; pair++)
        {
            // Who goes first alternates, so that a machine that speeds up or slows down favours neither.
            var first = Seconds(pair % 2 != 0);
            var second = Seconds(pair % 2 == 0);
            if (pair < 0)
                continue;
            ratios[pair] = pair % 2 == 0 ? second / first : first / second;
            Console.WriteLine(FormattableString.Invariant($"pair {pair + 1}: {first:F3} s, {second:F3} s, recording / not {ratios[pair]:F4}"));
        }
        Array.Sort(ratios);
        Console.WriteLine(FormattableString.Invariant(
            $"{Sequences * Length} tokens in {Length - Prefill + 1} steps: recording costs {ratios[pairs / 2] - 1:P2} (median of {pairs}; {ratios[0] - 1:P2} to {ratios[^1] - 1:P2})"));
        return 0;

        double Seconds(bool recording) => VirtualRanks.Run(1, group =>
        {
            var journal = recording ? Directory.CreateTempSubdirectory("moeplace-recording-").FullName : null;
            try
            {
                if (journal is not null)
                    RankRun.CreateJournal(
                        journal, new TraceHeader(config.ToModel(4), TraceOrigin.Measured, "benchmark", "", ChoiceOrder.ByWeight, []), 1);
                return RankRun.Run(group, model, job, new RunOptions { Placement = placement, MeasureLoss = false, JournalFolder = journal }).Seconds;
            }
            finally
            {
                if (journal is not null)
                    Directory.Delete(journal, recursive: true);
            }
        })[0];
    }

    private static (string Folder, int Pairs) Parse(string[] args)
    {
        var (folder, pairs) = ("models/tiny-moe", 15);
        for (var i = 0; i < args.Length; i += 2)
        {
            if (args[i] == "--pairs" && i + 1 < args.Length && int.TryParse(args[i + 1], out var given) && given is >= 1 and <= 1000)
                pairs = given;
            else if (args[i] == "--model" && i + 1 < args.Length)
                folder = args[i + 1];
            else
                throw new InputException("recording", "arguments", string.Join(' ', args), "[--model FOLDER] [--pairs 1 to 1000]");
        }
        return (folder, pairs);
    }
}
