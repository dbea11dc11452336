namespace MoEPlace.Executor.Gates;

/// <summary>How the logits of a top-k gate become weights.</summary>
public enum GateScoring
{
    /// <summary>Softmax over all experts, then the choice.</summary>
    Softmax,

    /// <summary>The choice, then softmax over the chosen.</summary>
    SoftmaxOfChosen,

    /// <summary>The sigmoid of each expert by itself.</summary>
    Sigmoid,
}
