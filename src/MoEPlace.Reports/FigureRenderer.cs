using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace MoEPlace.Reports;

/// <summary>Draws figures by node: Vega-Lite compiles and lays out, resvg makes the PNG.</summary>
internal static class FigureRenderer
{
    private const int PackagesMissing = 3;
    private const int FontMissing = 4;
    private const string Script = "render.mjs";

    /// <summary>Specifications as the script takes them; letters of any language as they are.</summary>
    private static readonly JsonSerializerOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A figure to draw.</summary>
    /// <param name="Name">Of its files.</param>
    /// <param name="Title">Vega-Lite's title for the files that stand by themselves.</param>
    /// <param name="Spec">Vega-Lite's specification without it.</param>
    internal sealed record Job(string Name, object Title, object Spec);

    /// <summary>
    /// Writes NAME.svg, NAME.png, NAME.inline.svg (no title) and NAME.vega.json (compiled, no title) for every job. Returns what
    /// Vega-Lite warns of: nothing, if our specifications are right.
    /// </summary>
    /// <param name="jobs">What to draw.</param>
    /// <param name="folder">An existing folder.</param>
    /// <param name="node">The program to run.</param>
    /// <param name="cancellation">Kills node.</param>
    /// <exception cref="InputException">node, one of its packages, or every font is missing.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; files may be left in the folder.</exception>
    internal static string Render(IReadOnlyList<Job> jobs, string folder, string node, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var start = new ProcessStartInfo(node, [Path.Combine(AppContext.BaseDirectory, Script), folder])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
        };
        using var process = Start(start);
        using var registration = cancellation.Register(() => Kill(process));
        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        try
        {
            process.StandardInput.Write(JsonSerializer.Serialize(
                new { figures = jobs.Select(j => new { name = j.Name, title = j.Title, spec = j.Spec }) }, Options));
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The script ended before it had read everything; its exit code tells why.
        }
        process.WaitForExit();
        _ = output.GetAwaiter().GetResult();
        var told = errors.GetAwaiter().GetResult();
        cancellation.ThrowIfCancellationRequested();
        return process.ExitCode switch
        {
            0 => told,
            PackagesMissing => throw NodePackages.Missing(told.Trim(), null),
            FontMissing => throw new InputException("report", "font", told.Trim(),
                "a font; install one with: apt-get install fonts-dejavu-core"),
            var code => throw new InvalidOperationException($"Drawing the figures ended with exit code {code}: {told}"),
        };
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new InputException("report", start.FileName, e.Message,
                "Node.js 18 or newer on the path; install it with: apt-get install nodejs npm");
        }
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }
    }
}
