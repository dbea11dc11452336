namespace MoEPlace.Service.Operations;

/// <summary>What the bearer of a token may ask for; each may what the ones before may.</summary>
public enum TokenRole
{
    /// <summary>To look.</summary>
    Read,

    /// <summary>To register jobs, to send routing and reports, to ask for plans.</summary>
    Submit,

    /// <summary>To apply, to roll back, to remove jobs.</summary>
    Apply,
}
