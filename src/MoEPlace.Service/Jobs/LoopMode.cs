namespace MoEPlace.Service.Jobs;

/// <summary>Who applies a plan.</summary>
public enum LoopMode
{
    /// <summary>A person; the service only advises.</summary>
    Manual,

    /// <summary>The service, when its policy says so.</summary>
    Automatic,
}
