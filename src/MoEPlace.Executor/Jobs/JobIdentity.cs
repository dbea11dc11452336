using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using MoEPlace.Executor.Models;
using MoEPlace.Executor.Running;
using MoEPlace.Torch;

namespace MoEPlace.Executor.Jobs;

/// <summary>
/// All that decides which ids a job samples; ranks, placement, residency and batch do not in float32. In bfloat16 sums round by which sequences
/// share a step, and an id may differ where two are about as likely.
/// </summary>
/// <param name="Format"><see cref="FormatName"/>.</param>
/// <param name="Model">The name of the model, which is told and not compared: it goes by its folder.</param>
/// <param name="ModelDigest"><see cref="Checkpoint.Digest"/>.</param>
/// <param name="Type">The element type of weights and activations.</param>
/// <param name="Sequences">How many there are.</param>
/// <param name="PromptsDigest">SHA-256 of the ids of every prompt and of how many follow.</param>
/// <param name="EndId"><see cref="Job.EndId"/>.</param>
/// <param name="Temperature"><see cref="Job.Temperature"/>.</param>
/// <param name="TopP"><see cref="Job.TopP"/>.</param>
/// <param name="Seed"><see cref="Job.Seed"/>.</param>
public sealed record JobIdentity(
    string Format,
    string Model,
    string ModelDigest,
    ScalarType Type,
    int Sequences,
    string PromptsDigest,
    int? EndId,
    double Temperature,
    double TopP,
    long Seed)
{
    /// <summary>What its file says that it is.</summary>
    public const string FormatName = "moeplace.job/1";

    /// <summary>What a job is.</summary>
    public static JobIdentity Of(Checkpoint checkpoint, ScalarType type, Job job)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentNullException.ThrowIfNull(job);
        return new JobIdentity(
            FormatName, checkpoint.Config.Name, checkpoint.Digest(), type, job.Prompts.Length, DigestOf(job), job.EndId, job.Temperature, job.TopP,
            job.Seed);
    }

    /// <summary>Notes in what another job differs from this one, which a folder holds.</summary>
    internal void RequireSame(JobIdentity other, InputFaults faults)
    {
        var (mine, theirs) = (Flat(this), Flat(other));
        theirs.Remove("model");
        foreach (var (key, value) in theirs)
            faults.Require(mine[key] == value, key, value, $"{mine[key]}, as the job began; or another folder");
    }

    private static string DigestOf(Job job)
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var prompt in job.Prompts)
        {
            digest.AppendData(MemoryMarshal.AsBytes<int>([prompt.Ids.Length, prompt.NewTokens]));
            digest.AppendData(MemoryMarshal.AsBytes(prompt.Ids.AsSpan()));
        }
        return Convert.ToHexStringLower(digest.GetHashAndReset());
    }

    private static Dictionary<string, string> Flat(JobIdentity identity)
    {
        using var json = JsonSerializer.SerializeToDocument(identity, StrictJson.OneLine);
        return json.RootElement.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetRawText(), StringComparer.Ordinal);
    }
}
