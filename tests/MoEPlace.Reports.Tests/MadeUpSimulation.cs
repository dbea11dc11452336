using System.Collections.Immutable;
using MoEPlace.Results;

namespace MoEPlace.Reports.Tests;

/// <summary>Results of simulations that were never run.</summary>
internal static class MadeUpSimulation
{
    /// <summary>A baseline, fewer bytes, and two parts that overlap.</summary>
    internal static SimulationResult Result(int layers = 3, int ranks = 4, string origin = "measured", int drawnRanks = int.MaxValue) => Of(
        [
            MadeUpStep.Variant("contiguous", ranks, layers, drawnRanks: drawnRanks),
            MadeUpStep.Variant("affinity", ranks, layers, traffic: 0.6, drawnRanks: drawnRanks),
            MadeUpStep.Variant("affinity, two parts", ranks, layers, parts: 2, traffic: 0.6, drawnRanks: drawnRanks),
        ],
        origin);

    /// <summary>A result of these variants.</summary>
    internal static SimulationResult Of(ImmutableArray<SimulatedVariant> variants, string origin = "measured") => new(
        SimulationResult.FormatName, "pipelined", "Pipelining of dispatch, experts and combine", "What do two parts hide on two nodes?",
        "DeepSeek-V2-Lite", origin, "a recording of eight domains", "prefill", 7, variants,
        [
            new ExpectationOutcome(SimulationMeasure.StepSeconds, "affinity", "contiguous", null, 0.9, "fewer bytes between nodes", 0.83, true),
            new ExpectationOutcome(SimulationMeasure.Imbalance, "affinity", null, 1, 1.2, "load is held", 1.31, false),
        ],
        [
            new PublishedFigure(
                "Tutel", "Tutel, figure 20", "speedup of one layer", "64 A100, 8 a node", "1.2 to 1.6 times", 1.4, 1.31,
                "our exchanges start later, since kernels of the gate are not fused"),
        ],
        ["Kernels run at the rates of the data sheet.", "No other job uses the network."]);

    /// <summary>The same with other variants.</summary>
    internal static SimulationResult With(this SimulationResult result, Func<SimulatedVariant, SimulatedVariant> change) =>
        result with { Variants = [.. result.Variants.Select(change)] };
}
