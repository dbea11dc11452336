namespace MoEPlace.Service.Decisions;

/// <summary>Why a decision was taken up.</summary>
public enum DecisionTrigger
{
    /// <summary>Somebody asked.</summary>
    Asked,

    /// <summary>The traffic drifted.</summary>
    Drift,
}
