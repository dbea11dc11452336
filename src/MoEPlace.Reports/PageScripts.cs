using System.Security.Cryptography;
using System.Text;

namespace MoEPlace.Reports;

/// <summary>The two scripts of a page whose drawings come alive: Vega's and our own.</summary>
internal sealed class PageScripts
{
    private readonly string runtime;
    private readonly string own;

    /// <param name="vegaRuntime">Vega's script.</param>
    /// <param name="vegaLicence">Its licence, which must accompany it.</param>
    internal PageScripts(string vegaRuntime, string vegaLicence)
    {
        runtime = Script($"/*\nVega\n{vegaLicence.Replace("*/", "* /")}*/\n{vegaRuntime}");
        own = Script(Page.Resource("page.js"));
    }

    /// <summary>The end of the page's policy, which lets the browser run these two alone.</summary>
    internal string Policy => $"; script-src 'unsafe-eval' {Digest(runtime)} {Digest(own)}";

    /// <summary>The end of the page.</summary>
    internal string Elements => $"<script>{runtime}</script>\n<script>{own}</script>\n</body>\n</html>\n";

    /// <summary>Reads both.</summary>
    internal static PageScripts Read(NodePackages packages) => new(File.ReadAllText(packages.VegaRuntime), File.ReadAllText(packages.VegaLicence));

    /// <summary>Text that a script element can hold.</summary>
    private static string Script(string text) => "\n" + text.Replace("</script", "<\\/script", StringComparison.OrdinalIgnoreCase)
        .Replace("<!--", "<\\!--").ReplaceLineEndings("\n") + "\n";

    private static string Digest(string script) => $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(script)))}'";
}
