using MoEPlace.Placement;
using MoEPlace.Placement.Affinity;
using MoEPlace.Placement.Policies;
using MoEPlace.Placement.Solvers;

namespace MoEPlace.Cli;

/// <summary>The policies by name.</summary>
internal static class PolicyChoice
{
    public static readonly string[] Names = ["affinity", "exflow", "eplb", "contiguous", "round-robin", "random"];

    /// <summary>Whether a policy looks at more than how often each expert is chosen.</summary>
    public static bool NeedsTokens(string policy) => policy is "affinity" or "exflow";

    /// <summary>Places by a policy.</summary>
    /// <param name="policy">One of <see cref="Names"/>.</param>
    /// <param name="problem">What to place.</param>
    /// <param name="solver">The integer solver of exflow: cbc or highs.</param>
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
            "exflow" => ExFlowPolicy.Place(problem, solver == "cbc" ? new CbcSolver() : new HighsSolver(), null, progress, cancellation),
            "eplb" => EplbPolicy.Place(problem),
            "contiguous" => ContiguousPolicy.Place(problem),
            "round-robin" => RoundRobinPolicy.Place(problem),
            "random" => RandomPolicy.Place(problem),
            _ => throw new InputException("options", "--policy", policy, string.Join(", ", Names)),
        };
}
