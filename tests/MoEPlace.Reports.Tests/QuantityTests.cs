using Xunit;

namespace MoEPlace.Reports.Tests;

public sealed class QuantityTests
{
    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(999, "999 B")]
    [InlineData(1000, "1.00 kB")]
    [InlineData(999_600, "1.00 MB")]
    [InlineData(71_234_567, "71.2 MB")]
    [InlineData(80e9, "80.0 GB")]
    [InlineData(123e12, "123 TB")]
    public void Bytes_have_decimal_prefixes(double bytes, string expected) =>
        Assert.Equal(expected, Quantity.Bytes(bytes).Replace('\u00A0', ' '));

    [Theory]
    [InlineData(0, "0 s")]
    [InlineData(2.5e-9, "2.50 ns")]
    [InlineData(170.4e-6, "170 µs")]
    [InlineData(0.0123, "12.3 ms")]
    [InlineData(0.99996, "1.00 s")]
    [InlineData(3599, "3,599 s")]
    [InlineData(15984, "4.44 h")]
    public void Seconds_go_down_to_nanoseconds(double seconds, string expected) =>
        Assert.Equal(expected, Quantity.Seconds(seconds).Replace('\u00A0', ' '));

    [Theory]
    [InlineData(0, "0")]
    [InlineData(8, "8")]
    [InlineData(1.23456, "1.235")]
    [InlineData(9876.54, "9877")]
    [InlineData(841_712.34, "841,712")]
    [InlineData(1.23e16, "1.23E+16")]
    public void Numbers_of_any_size_are_readable(double value, string expected) => Assert.Equal(expected, Quantity.General(value));

    [Fact]
    public void Null_is_unknown() =>
        Assert.All([Quantity.Bytes(null), Quantity.Seconds(null), Quantity.Percent(null), Quantity.Ratio(null), Quantity.Count(null),
            Quantity.General(null)], s => Assert.Equal("unknown", s));

    [Theory]
    [InlineData("a\0b\u0085\n", "a b")]
    [InlineData("0123456789ab", "012345678…")]
    [InlineData("01234567🙂🙂🙂", "01234567…")]
    public void Text_is_cleaned_and_cut(string text, string expected) => Assert.Equal(expected, PlainText.Clean(text, 10));

    [Fact]
    public void A_broken_surrogate_is_replaced() => Assert.Equal("\ufffdx", PlainText.Clean("\ud800x", 10));

    [Theory]
    [InlineData("test", "test")]
    [InlineData("it's; rm -rf", "'it'\\''s; rm -rf'")]
    [InlineData("", "''")]
    [InlineData("$(x)", "'$(x)'")]
    public void Arguments_are_quoted_for_the_shell(string text, string expected) => Assert.Equal(expected, PlainText.ShellArgument(text));

    [Fact]
    public void Tables_mark_the_lowest_value_where_values_differ()
    {
        TableColumn[] columns = [TableColumn.Text("name", "name"), TableColumn.Ratio("x", "x") with { BestIsLowest = true },
            TableColumn.Ratio("y", "y") with { BestIsLowest = true }];
        var html = new Table(columns, [["a", 1.0, 2.0], ["b,\"c\"", 3.0, 2.0], ["d", null, 2.0]]).ToHtml();
        Assert.Single(System.Text.RegularExpressions.Regex.Matches(html, "class=\"best\""));
        Assert.Contains("class=\"best\" title=\"best of the column\">1.00<", html);
        Assert.Contains("<td class=\"unknown\">unknown</td>", html);
    }

    [Fact]
    public void Csv_quotes_what_needs_quotes_and_leaves_the_unknown_empty() =>
        Assert.Equal(
            "name,x\na,0.1\n\"b,\"\"c\"\"\",\n",
            new Table([TableColumn.Text("name", "name"), TableColumn.Ratio("x", "x")], [["a", 0.1], ["b,\"c\"", null]]).ToCsv());

    [Fact]
    public void Commands_say_what_was_solved_and_judged()
    {
        var result = MadeUp.Result(["affinity", "sglang"]).With(0, p => p with { MaxImbalance = 1.05 })
            .With(1, p => p with { Solve = null });
        var commands = Reproduction.Commands(MadeUp.Section(result));
        Assert.Contains("./moeplace place TRACE --cluster h100-8:2x4 --policy affinity --objective crossing --residency home --max-imbalance 1.05 --split train --seed 1 -o placement-1.json\n", commands);
        Assert.Contains("./moeplace evaluate TRACE placement-2.json --cluster h100-8:2x4 --residency home --split test\n", commands);
        Assert.DoesNotContain("--policy sglang", commands);
    }
}
