using System.Collections.Immutable;
using MoEPlace.Service.Applies;
using MoEPlace.Service.Drift;

namespace MoEPlace.Service.Jobs;

/// <summary>A job as the service sees it now.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Model">Its model's name.</param>
/// <param name="Layers">MoE layers.</param>
/// <param name="Experts">Experts of each.</param>
/// <param name="TopK">Experts of a token in each.</param>
/// <param name="Nodes">Nodes.</param>
/// <param name="RanksPerNode">Ranks of each.</param>
/// <param name="Cluster">Its cluster's name.</param>
/// <param name="Engine">What runs it.</param>
/// <param name="Policy">What it is held to.</param>
/// <param name="Online">Whether it reported within the last 10 s; of other engines, whether routing came.</param>
/// <param name="Ended">Whether it said that it has nothing left to run.</param>
/// <param name="Epoch">The epoch in force.</param>
/// <param name="Placement">Digest of the placement in force.</param>
/// <param name="Tokens">Routed tokens that came.</param>
/// <param name="TokensPerSecond">Of late.</param>
/// <param name="Dropped">Tokens that the job could not send.</param>
/// <param name="Drift">How far its traffic is from the reference.</param>
/// <param name="StepSeconds">Median of its latest decode steps; null before any.</param>
/// <param name="PromisedSeconds">What the last apply promised of it; null without.</param>
/// <param name="GpuCrossing">Share of adjacent-layer pairs of the latest tokens whose top-1 experts sit on different ranks; null where only counts come.</param>
/// <param name="NodeCrossing">The same for nodes.</param>
/// <param name="CrossingByLayer">[layers - 1] the share of tokens that cross ranks from layer to layer; empty where only counts come.</param>
/// <param name="Imbalance">Busiest rank over mean, mean over layers.</param>
/// <param name="Planning">Whether a decision is being made.</param>
/// <param name="Decision">The number of the last decision; 0 before any.</param>
/// <param name="Apply">The last apply; null before any.</param>
/// <param name="RankCopies"><see cref="Routing.RoutingMeasures.RankCopies"/> of the latest tokens.</param>
/// <param name="NodeCopies"><see cref="Routing.RoutingMeasures.NodeCopies"/> of the latest tokens.</param>
public sealed record JobView(
    string Name,
    string Model,
    int Layers,
    int Experts,
    int TopK,
    int Nodes,
    int RanksPerNode,
    string Cluster,
    JobEngine Engine,
    LoopPolicy Policy,
    bool Online,
    bool Ended,
    int Epoch,
    string Placement,
    long Tokens,
    double TokensPerSecond,
    long Dropped,
    DriftReading Drift,
    double? StepSeconds,
    double? PromisedSeconds,
    double? GpuCrossing,
    double? NodeCrossing,
    ImmutableArray<double> CrossingByLayer,
    double Imbalance,
    bool Planning,
    int Decision,
    Apply? Apply,
    double? RankCopies = null,
    double? NodeCopies = null);
