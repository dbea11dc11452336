using System.Text.Json;

namespace MoEPlace.Executor.Control;

/// <summary>
/// <c>control.json</c> of a job's folder, <c>moeplace.control/1</c>: where the job listens and what it wants to be told first. Only its owner may
/// read it.
/// </summary>
/// <param name="Format">What the file says that it is.</param>
/// <param name="Port">The port, on the loopback address of rank 0.</param>
/// <param name="Token">The secret that every request begins with: 32 bytes in hexadecimal.</param>
/// <param name="Process">The id of the process that listens.</param>
public sealed record ControlFile(string Format, int Port, string Token, int Process)
{
    /// <summary>What a control file says that it is.</summary>
    public const string FormatName = "moeplace.control/1";

    /// <summary>Its name in the folder of the job.</summary>
    public const string Name = "control.json";

    internal const int TokenBytes = 32;

    /// <summary>Reads that of a job.</summary>
    /// <param name="folder">The folder of the job.</param>
    /// <exception cref="IOException">No job runs there.</exception>
    /// <exception cref="InputException">It is not a control file; every fault is told.</exception>
    public static ControlFile Read(string folder)
    {
        var path = PathOf(folder);
        if (!File.Exists(path))
            throw new IOException($"no job that takes placements runs in {folder}: {path} is not there");
        var file = StrictJson.Read<ControlFile>(path, FormatName);
        var faults = new InputFaults(path);
        faults.Require(file.Format == FormatName, "format", file.Format, $"\"{FormatName}\"");
        faults.Require(file.Port is >= 1 and <= ushort.MaxValue, "port", file.Port, "1 to 65535");
        // The token itself is not told.
        faults.Require(
            file.Token.Length == 2 * TokenBytes && file.Token.All(char.IsAsciiHexDigitLower), "token", $"{file.Token.Length} characters",
            $"{2 * TokenBytes} lower-case hexadecimal digits");
        faults.Require(file.Process > 0, "process", file.Process, "1 or more");
        faults.ThrowIfAny();
        if (!Lives(file.Process))
            throw new IOException($"no job runs in {folder}: process {file.Process} of {path} has ended");
        return file;
    }

    /// <summary>Writes it; only its owner may read it, from its first byte on.</summary>
    /// <exception cref="InputException">The folder cannot be written.</exception>
    internal void Write(string folder) =>
        OutputFile.Write(PathOf(folder), stream => JsonSerializer.Serialize(stream, this, StrictJson.Options), secret: true);

    /// <summary>Removes it, unless it is another's by now.</summary>
    internal void Remove(string folder)
    {
        try
        {
            if (StrictJson.Read<ControlFile>(PathOf(folder)).Token == Token)
                File.Delete(PathOf(folder));
        }
        catch (Exception e) when (e is InputException or IOException or UnauthorizedAccessException)
        {
            // Gone, or not ours; and what a killed job leaves does no harm either.
        }
    }

    private static string PathOf(string folder) => Path.Combine(folder, Name);

    private static bool Lives(int process)
    {
        try
        {
            using var found = System.Diagnostics.Process.GetProcessById(process);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
