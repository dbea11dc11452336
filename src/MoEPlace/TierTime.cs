namespace MoEPlace;

/// <summary>An exchange on one tier: start-up, then payload at a share of the link's bandwidth.</summary>
/// <param name="StartUpSeconds">Of the whole exchange, counts and ids included; 0 to 3,600.</param>
/// <param name="ShareOfLink">Payload bytes a second over the bandwidth that the cluster states for this tier; above 0, at most 1.</param>
public sealed record TierTime(double StartUpSeconds, double ShareOfLink)
{
    internal void Check(InputFaults faults, string key)
    {
        Calibration.CheckSeconds(faults, key + ".startUpSeconds", StartUpSeconds);
        faults.Require(ShareOfLink is > 0 and <= 1, key + ".shareOfLink", ShareOfLink, "above 0, at most 1");
    }
}
