using MoEPlace.Placement;
using MoEPlace.Placement.Affinity;
using MoEPlace.Placement.Policies;
using MoEPlace.Placement.Policies.MoETuner;
using MoEPlace.Placement.Solvers;

namespace MoEPlace.Cli;

/// <summary>The policies by name.</summary>
internal static class PolicyChoice
{
    public static readonly string[] Names = ["affinity", "exflow", "moetuner", "grace", "cooccurrence", "eplb", "contiguous", "round-robin", "random"];

    /// <summary>Whether a policy looks at more than how often each expert is chosen.</summary>
    public static bool NeedsTokens(string policy) => policy is "affinity" or "exflow" or "moetuner" or "grace" or "cooccurrence";

    /// <summary>Whether a policy solves integer programs by the engine of <c>--solver</c>.</summary>
    public static bool UsesSolver(string policy) => policy is "exflow" or "moetuner";

    /// <summary>Places by a policy.</summary>
    /// <param name="policy">One of <see cref="Names"/>.</param>
    /// <param name="problem">What to place.</param>
    /// <param name="solver">The integer solver of exflow and moetuner: cbc or highs.</param>
    /// <param name="progress">Told of a search's progress.</param>
    /// <param name="cancellation">Ends a search with its best so far.</param>
    public static PlacementSolution Place(
        string policy,
        PlacementProblem problem,
        string solver,
        IProgress<SearchProgress>? progress,
        CancellationToken cancellation) => policy switch
        {
            "affinity" => AffinityPolicy.Place(problem, progress, cancellation),
            "exflow" => ExFlowPolicy.Place(problem, Engine(solver), null, progress, cancellation),
            "moetuner" => MoETunerPolicy.Place(problem, Engine(solver), null, progress, cancellation),
            "grace" => GracePolicy.Place(problem, cancellation),
            "cooccurrence" => CooccurrencePolicy.Place(problem),
            "eplb" => EplbPolicy.Place(problem),
            "contiguous" => ContiguousPolicy.Place(problem),
            "round-robin" => RoundRobinPolicy.Place(problem),
            "random" => RandomPolicy.Place(problem),
            _ => throw new InputException("options", "--policy", policy, string.Join(", ", Names)),
        };

    private static IIntegerSolver Engine(string solver) => solver == "cbc" ? new CbcSolver() : new HighsSolver();
}
