using System.IO.Compression;
using System.Text.Json;
using MoEPlace.Traces;

namespace MoEPlace.Service.Decisions;

/// <summary>
/// A decision with all that it was made of, in one file (a zip archive of <c>input.json</c>, <c>routing.safetensors</c> and <c>decision.json</c>): whoever
/// has it can decide again and compare. The same content gives the same bytes.
/// </summary>
public static class DecisionRecord
{
    /// <summary>What an archive may hold: the two texts, and the routing.</summary>
    private const long MostTextBytes = 256L << 20, MostRoutingBytes = 4L << 30;

    private const string InputName = "input.json", RoutingName = "routing.safetensors", DecisionName = "decision.json";

    private static readonly DateTimeOffset NoTime = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Packs.</summary>
    /// <param name="input">What it depends on.</param>
    /// <param name="trace">The bytes of the window's trace.</param>
    /// <param name="decision">What came of it.</param>
    public static byte[] Pack(DecisionInput input, ReadOnlySpan<byte> trace, Decision decision)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(decision);
        using var stream = new MemoryStream();
        using (var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            Add(archive, InputName, JsonSerializer.SerializeToUtf8Bytes(input, StrictJson.OneLine));
            Add(archive, RoutingName, trace);
            Add(archive, DecisionName, decision.ToJson());
        }
        return stream.ToArray();
    }

    /// <summary>Decides what a record holds once more.</summary>
    /// <param name="record">The file.</param>
    /// <param name="name">What it is called in faults.</param>
    /// <param name="cancellation">Gives it up.</param>
    /// <returns>What is on record, and what came of it now; equal when they are the same, value by value.</returns>
    /// <exception cref="InputException">It is no such record; every fault is told.</exception>
    /// <exception cref="OperationCanceledException">It was given up.</exception>
    public static (Decision OnRecord, Decision Again) Replay(byte[] record, string name, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(record);
        var folder = Directory.CreateTempSubdirectory("moeplace-");
        try
        {
            var routing = Path.Combine(folder.FullName, RoutingName);
            var (input, decision) = Unpack(record, name, routing);
            RoutingTrace window;
            try
            {
                window = RoutingTrace.Open(routing);
            }
            catch (InputException e)
            {
                throw new InputException(e.Faults.Select(fault => fault with { File = $"{name}, {RoutingName}" }));
            }
            using (window)
                return (decision, Decider.Decide(input, window, cancellation));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void Add(ZipArchive archive, string name, ReadOnlySpan<byte> content)
    {
        var entry = archive.CreateEntry(name, CompressionLevel.Fastest);
        entry.LastWriteTime = NoTime;
        using var stream = entry.Open();
        stream.Write(content);
    }

    private static (DecisionInput Input, Decision Decision) Unpack(byte[] record, string name, string routing)
    {
        var faults = new InputFaults(name);
        try
        {
            using var archive = new ZipArchive(new MemoryStream(record), ZipArchiveMode.Read);
            string[] wanted = [InputName, RoutingName, DecisionName];
            foreach (var one in wanted)
                faults.Require(archive.Entries.Count(entry => entry.FullName == one) == 1, one, null, "once in the archive");
            foreach (var entry in archive.Entries.Take(wanted.Length + 1).Where(entry => !wanted.Contains(entry.FullName)))
                faults.Add("entry", entry.FullName, string.Join(", ", wanted));
            faults.ThrowIfAny();
            var input = faults.Try(() => StrictJson.Parse<DecisionInput>(Text(archive, InputName, faults), $"{name}, {InputName}"));
            var decision = faults.Try(() => StrictJson.Parse<Decision>(Text(archive, DecisionName, faults), $"{name}, {DecisionName}"));
            if (decision is not null)
                faults.Require(decision.Format == Decision.FormatName, "decision.format", decision.Format, $"\"{Decision.FormatName}\"");
            using (var to = File.Create(routing))
                Copy(archive, RoutingName, MostRoutingBytes, to, faults);
            faults.ThrowIfAny();
            return (input!, decision!);
        }
        catch (InvalidDataException e)
        {
            throw new InputException(name, "archive", e.Message, "a zip archive of " + string.Join(", ", InputName, RoutingName, DecisionName));
        }
    }

    private static byte[] Text(ZipArchive archive, string name, InputFaults faults)
    {
        using var stream = new MemoryStream();
        Copy(archive, name, MostTextBytes, stream, faults);
        return stream.ToArray();
    }

    /// <summary>Copies an entry, however long it says that it is, up to a limit.</summary>
    private static void Copy(ZipArchive archive, string name, long most, Stream to, InputFaults faults)
    {
        using var from = archive.GetEntry(name)!.Open();
        var buffer = new byte[1 << 16];
        for (int count; (count = from.Read(buffer)) > 0; most -= count)
        {
            if (count > most)
            {
                faults.Add(name, null, "a smaller entry");
                return;
            }
            to.Write(buffer, 0, count);
        }
    }
}
