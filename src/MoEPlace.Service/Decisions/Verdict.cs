namespace MoEPlace.Service.Decisions;

/// <summary>What a decision comes to.</summary>
public enum Verdict
{
    /// <summary>The gain is worth the migration: the plan may be applied.</summary>
    Apply,

    /// <summary>It is not, or may not be now: what is in force stays.</summary>
    Keep,
}
