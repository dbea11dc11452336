namespace MoEPlace.Simulation.Kernel;

/// <summary>Names the actors that received most.</summary>
internal static class Busiest
{
    private const int Most = 5;

    internal static string Of(IEnumerable<(Actor Actor, long Received)> counts) => string.Join(", ", counts
        .Where(count => count.Received > 0)
        .OrderByDescending(count => count.Received)
        .ThenBy(count => count.Actor.Address.Id)
        .Take(Most)
        .Select(count => $"{count.Actor.Name} {count.Received}"));
}
