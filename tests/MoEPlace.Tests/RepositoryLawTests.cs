using System.Text.RegularExpressions;
using Xunit;

namespace MoEPlace.Tests;

/// <summary>Each law in ARCHITECTURE.md stands in a row | INV-n | statement | TestClass.Test_name |, and that test exists.</summary>
public sealed class RepositoryLawTests
{
    [Fact]
    public void Every_law_names_a_test_that_exists()
    {
        if (RepositoryTree.Exists("ARCHITECTURE.md"))
            RepositoryTree.AssertNone(Faults(RepositoryTree.Read("ARCHITECTURE.md"), TestExists));
    }

    [Theory]
    [InlineData("| INV-1 | a | `ATests.Holds` |", "")]
    [InlineData("| INV-1 | a | ATests.Holds |\n| INV-2 | a \\| b | `ATests.Holds`, `BTests.Holds_too` |", "")]
    [InlineData("# Laws\nnone yet", "no row | INV-n | statement | TestClass.Test_name |")]
    [InlineData("| INV-1 | a | ATests.Is_gone |", "INV-1: there is no test ATests.Is_gone")]
    [InlineData("| INV-1 | a | |", "INV-1 names no test")]
    [InlineData("| INV-1 | a | ATests.Holds |\n| INV-1 | b | ATests.Holds |", "INV-1 stands twice")]
    [InlineData("| INV-1 | a |", "INV-1: the row has 2 cells, not 3")]
    public void A_law_without_a_test_is_told(string text, string faults) =>
        Assert.Equal(faults, string.Join('\n', Faults(text, name => name is "ATests.Holds" or "BTests.Holds_too")));

    private static List<string> Faults(string text, Predicate<string> exists)
    {
        var faults = new List<string>();
        var seen = new HashSet<string>();
        foreach (Match row in Regex.Matches(text, @"^\|\s*(INV-\d+)\s*\|(.*)\|[ \t]*\r?$", RegexOptions.Multiline))
        {
            var law = row.Groups[1].Value;
            var cells = Regex.Split(row.Groups[2].Value, @"(?<!\\)\|");
            if (!seen.Add(law))
                faults.Add($"{law} stands twice");
            if (cells.Length != 2)
            {
                faults.Add($"{law}: the row has {cells.Length + 1} cells, not 3");
                continue;
            }
            var names = Regex.Matches(cells[1], @"\w+\.\w+").Select(m => m.Value).ToList();
            if (names.Count == 0)
                faults.Add($"{law} names no test");
            faults.AddRange(names.Where(name => !exists(name)).Select(name => $"{law}: there is no test {name}"));
        }
        if (seen.Count == 0)
            faults.Add("no row | INV-n | statement | TestClass.Test_name |");
        return faults;
    }

    /// <summary>Looks in the text, because the test may be in another assembly: the class's file, an attribute above the method.</summary>
    private static bool TestExists(string name)
    {
        var (type, method) = (name.Split('.')[0], name.Split('.')[1]);
        var declaration = new Regex($@"^    public .*\b{method}\(");
        foreach (var path in RepositoryTree.Files("tests", $"/{type}.cs"))
        {
            var lines = RepositoryTree.ReadLines(path);
            var above = lines.TakeWhile(line => !declaration.IsMatch(line)).Reverse().TakeWhile(line => line.Length > 0).ToList();
            if (above.Count < lines.Length && above.Any(line => Regex.IsMatch(line, @"^    \[(Fact|Theory)\b")))
                return lines.Any(declaration.IsMatch);
        }
        return false;
    }
}
