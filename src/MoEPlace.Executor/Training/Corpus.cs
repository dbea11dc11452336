using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace MoEPlace.Executor.Training;

/// <summary>
/// Text to train on. Each file is a domain. Windows of training begin anywhere in the first nine tenths of a file, those that are held out
/// stand side by side in the last.
/// </summary>
public sealed class Corpus
{
    private const long MostBytes = 1L << 31;
    private static readonly string[] Notices = ["copyright", "license", "licence", "notice", "readme"];

    private Corpus(ImmutableArray<TextDomain> domains)
    {
        Domains = domains;
        Digest = DigestOf(domains);
    }

    /// <summary>Ids of a vocabulary of bytes.</summary>
    public const int Vocabulary = 256;

    /// <summary>The texts, in the order of their names.</summary>
    public ImmutableArray<TextDomain> Domains { get; }

    /// <summary>SHA-256 over names, lengths and texts, in lower-case hexadecimal.</summary>
    public string Digest { get; }

    /// <summary>Reads texts.</summary>
    /// <param name="paths">
    /// Files; or folders, of which every file <c>*.txt</c> is read that is not a notice by its name (copyright, licence, readme).
    /// </param>
    /// <param name="length">Bytes of a window, 1 or more: both parts of each file must hold one and the byte after it.</param>
    /// <exception cref="InputException">
    /// Nothing is there, a file is too short or cannot be read, two have one name, or all are too large.
    /// </exception>
    public static Corpus Read(IEnumerable<string> paths, int length)
    {
        ArgumentNullException.ThrowIfNull(paths);
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        var faults = new InputFaults("corpus");
        var domains = new List<TextDomain>();
        var left = MostBytes;
        foreach (var file in paths.SelectMany(path => FilesOf(path, faults)).Distinct(StringComparer.Ordinal))
        {
            if (ReadFile(file, ref left, faults) is not { } bytes)
                continue;
            var domain = new TextDomain(Path.GetFileNameWithoutExtension(file), bytes);
            faults.Require(
                domain.HeldOut.Length > length && domain.TrainedBytes > length, file, $"{bytes.Length} bytes",
                $"at least {10L * (length + 1)}, so that the last tenth holds a window of {length} and the byte after it");
            faults.Require(
                domains.TrueForAll(d => d.Name != domain.Name), file, domain.Name, "one file of each name: it is the name of the domain");
            domains.Add(domain);
        }
        faults.Require(domains.Count <= byte.MaxValue, "files", domains.Count, $"at most {byte.MaxValue}");
        if (!faults.Any)
            faults.Require(domains.Count > 0, "files", 0, "at least one text");
        faults.ThrowIfAny();
        return new Corpus([.. domains.OrderBy(d => d.Name, StringComparer.Ordinal)]);
    }

    /// <summary>A window of training: where it begins follows from the seed, the step and its place in the batch alone.</summary>
    /// <param name="seed">Of the run.</param>
    /// <param name="step">From 0.</param>
    /// <param name="place">In the batch, 0 to 2^20 - 1.</param>
    /// <param name="length">Bytes of a window.</param>
    /// <returns>The domain, and the window with the byte after it.</returns>
    public (byte Domain, ReadOnlyMemory<byte> Bytes) Draw(long seed, long step, int place, int length)
    {
        var stream = new SeedStream(seed, "training window", (step << 20) | (uint)place);
        var starts = Domains.Sum(d => (long)d.TrainedBytes - length);
        var start = (long)(stream.NextDouble() * starts);
        var domain = 0;
        while (start >= Domains[domain].TrainedBytes - length)
            start -= Domains[domain++].TrainedBytes - length;
        return ((byte)domain, Domains[domain].Bytes.Slice((int)start, length + 1));
    }

    /// <summary>Windows that no training has seen: at most so many of each domain, evenly spaced, none overlapping another.</summary>
    /// <param name="perDomain">1 or more.</param>
    /// <param name="length">Bytes of a window.</param>
    /// <returns>Domain by domain; each window with the byte after it.</returns>
    public ImmutableArray<(byte Domain, ReadOnlyMemory<byte> Bytes)> HeldOut(int perDomain, int length)
    {
        var windows = ImmutableArray.CreateBuilder<(byte, ReadOnlyMemory<byte>)>();
        for (var domain = 0; domain < Domains.Length; domain++)
        {
            var text = Domains[domain].HeldOut;
            var there = (text.Length - 1) / length;
            var taken = Math.Min(there, perDomain);
            for (var i = 0; i < taken; i++)
                windows.Add(((byte)domain, text.Slice((int)((long)i * there / taken) * length, length + 1)));
        }
        return windows.ToImmutable();
    }

    private static string[] FilesOf(string path, InputFaults faults)
    {
        if (File.Exists(path))
            return [Path.GetFullPath(path)];
        if (!faults.Require(Directory.Exists(path), "text", path, "a text file, or a folder of files *.txt"))
            return [];
        try
        {
            return
            [
                .. Directory.EnumerateFiles(Path.GetFullPath(path), "*.txt")
                    .Where(file => !Array.Exists(Notices, n => Path.GetFileName(file).Contains(n, StringComparison.OrdinalIgnoreCase)))
                    .Order(StringComparer.Ordinal),
            ];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            faults.Add("text", path, $"a folder that can be read ({e.Message})");
            return [];
        }
    }

    private static byte[]? ReadFile(string file, ref long left, InputFaults faults)
    {
        try
        {
            var length = new FileInfo(file).Length;
            left -= length;
            return faults.Require(left > 0, file, $"{length} bytes", $"below {MostBytes} bytes in all texts")
                ? File.ReadAllBytes(file) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            faults.Add(file, e.Message, "a file that can be read");
            return null;
        }
    }

    private static string DigestOf(ImmutableArray<TextDomain> domains)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var domain in domains)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{domain.Name}\n{domain.Bytes.Length}\n"));
            hash.AppendData(domain.Bytes.Span);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
