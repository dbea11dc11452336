using System.Globalization;

namespace MoEPlace.Service.Api;

/// <summary>A parameter behind the question mark: a whole number, or the name of a job.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Meaning">What it means.</param>
/// <param name="Least">The least number; null for the name of a job.</param>
/// <param name="Most">The greatest number.</param>
internal sealed record ApiQuery(string Name, string Meaning, long? Least = null, long Most = long.MaxValue)
{
    /// <summary>What may stand there, in words.</summary>
    public string Allowed => Least is null
        ? "the name of a job"
        : Most == long.MaxValue ? $"{Least} or more" : string.Create(CultureInfo.InvariantCulture, $"{Least} to {Most}");

    /// <summary>Whether text may stand there.</summary>
    public bool Fits(string text) => Least is null
        ? Jobs.JobSpec.IsName(text)
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= Least && number <= Most;
}
