namespace MoEPlace.Traces.Statistics;

/// <summary>How evenly one layer uses its experts, over all tokens of the trace.</summary>
/// <param name="Layer">The layer, by ordinal.</param>
/// <param name="ModelLayerId">Its index in the model.</param>
/// <param name="Skew">
/// Load of the busiest expert over the mean load: 1 is even, the number of experts is one expert alone; 0 without load.
/// </param>
/// <param name="BusiestExpert">The busiest expert, the lowest number on ties.</param>
/// <param name="UnusedExperts">Experts that no token chose.</param>
/// <param name="EntropyBits">Entropy of the load, 0 to log2(experts) bits.</param>
public sealed record LayerStatistics(int Layer, int ModelLayerId, double Skew, int BusiestExpert, int UnusedExperts, double EntropyBits);
