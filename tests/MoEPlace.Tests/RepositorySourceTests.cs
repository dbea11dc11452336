using System.Text.RegularExpressions;
using Xunit;

namespace MoEPlace.Tests;

/// <summary>Rules on source files: their size, their names, what they may name, and that nothing is left half done.</summary>
public sealed class RepositorySourceTests
{
    private const int MostLines = 400;
    private static readonly string[] Launchers = ["moeplace", "test", ".ci/run"];
    private static readonly string[] Code = [".cs", ".mjs", ".js", ".py", ".cpp", ".h", ".sh"];

    [Fact]
    public void No_file_is_longer_than_a_person_reads_at_once() =>
        RepositoryTree.AssertNone(
            from path in SourceAndTests()
            let lines = RepositoryTree.ReadLines(path).Length
            where lines > MostLines
            select $"{path} has {lines} lines; {MostLines} is the most");

    [Fact]
    public void No_file_or_type_is_a_drawer()
    {
        var drawer = new Regex(@"(Manager|Helpers?|Utils?|Utilities|Common)\b");
        var type = new Regex(@$"\b(class|struct|record|interface|enum) \w*{drawer}");
        RepositoryTree.AssertNone(
            SourceAndTests().Where(path => drawer.IsMatch(path)).Select(path => $"{path}: name it after what it is").Concat(
                from path in SourceAndTests(".cs")
                from line in RepositoryTree.CodeLines(path)
                where type.IsMatch(line.Code)
                select $"{path}:{line.Number}: name the type after what it is"));
    }

    [Fact]
    public void A_file_holds_one_public_type_and_is_named_after_it()
    {
        var top = new Regex(@"^public (?:[a-z]+ )*(?:class|struct|record struct|record|interface|enum|delegate \S+) ([A-Za-z0-9_]+)");
        var faults = new List<string>();
        foreach (var path in RepositoryTree.Files("src", ".cs"))
        {
            var matches = RepositoryTree.ReadLines(path).Select(line => top.Match(line)).Where(m => m.Success);
            var names = matches.Select(m => m.Groups[1].Value).Distinct().ToList();
            if (names.Count > 1)
                faults.Add($"{path} holds {names.Count} public types: {string.Join(", ", names)}");
            else if (names.Count == 1 && names[0] != Path.GetFileName(path).Split('.')[0])
                faults.Add($"{path} holds {names[0]}");
        }
        RepositoryTree.AssertNone(faults);
    }

    [Fact]
    public void Nothing_is_left_for_later()
    {
        // Put together here, so that this file does not name what it forbids.
        var unfinished = new Regex($@"\b(TO{""}DO|FIX{""}ME|X{""}XX|NotImplemented{""}Exception)\b");
        RepositoryTree.AssertNone(
            from path in SourceAndTests().Concat(Launchers).Concat(RepositoryTree.Files("setup", ".sh"))
            from line in RepositoryTree.ReadLines(path).Select((text, i) => (text, number: i + 1))
            where unfinished.IsMatch(line.text)
            select $"{path}:{line.number}: {line.text.Trim()}");
    }

    [Theory]
    [InlineData("(?<![A-Za-z])cbc(?![a-z])|Cbc(?![a-z])|CBC", "src/MoEPlace.Placement/Solvers/", "src/MoEPlace.Cli/")]
    [InlineData("(?<![A-Za-z])highs(?![a-z])|Highs(?![a-z])|HiGHS", "src/MoEPlace.Placement/Solvers/", "src/MoEPlace.Cli/")]
    [InlineData("(?<![A-Za-z])vega|Vega", "src/MoEPlace.Reports/")]
    [InlineData("(?<![A-Za-z])resvg|Resvg", "src/MoEPlace.Reports/")]
    public void An_engine_is_named_only_in_its_folder(string names, params string[] folders)
    {
        var named = new Regex(names);
        RepositoryTree.AssertNone(
            from path in RepositoryTree.Files("src", Code)
            where !folders.Any(folder => path.StartsWith(folder, StringComparison.Ordinal))
            from line in RepositoryTree.CodeLines(path)
            where named.IsMatch(line.Code)
            select $"{path}:{line.Number} names an engine: {line.Code.Trim()}");
    }

    [Fact]
    public void Launchers_can_be_started() =>
        Assert.All(Launchers, path => Assert.True(RepositoryTree.CanBeStarted(path), path));

    [Fact]
    public void Launchers_name_no_place_in_the_network() =>
        Assert.All(
            Launchers.Concat(RepositoryTree.Files("setup", ".sh")),
            path => Assert.DoesNotContain("://", RepositoryTree.Read(path), StringComparison.Ordinal));

    private static IEnumerable<string> SourceAndTests(params string[] endings)
    {
        var wanted = endings.Length > 0 ? endings : Code;
        return RepositoryTree.Files("src", wanted).Concat(RepositoryTree.Files("tests", wanted));
    }
}
