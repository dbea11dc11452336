namespace MoEPlace.Evaluation;

/// <summary>How the tokens of an expert are dealt to its replicas.</summary>
public enum ReplicaChoice
{
    /// <summary>To the replica nearest to the token (<see cref="DispatchRule"/>).</summary>
    Nearest,

    /// <summary>To all in even shares, wherever the token is, as a load balancer assumes.</summary>
    Even,

    /// <summary>To all in the shares that make the busiest rank least busy on the tokens that are judged (<see cref="ReplicaShares"/>).</summary>
    Balanced,
}
