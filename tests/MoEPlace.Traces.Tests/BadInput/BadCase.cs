using Xunit;

namespace MoEPlace.Traces.Tests.BadInput;

/// <summary>One bad input: what is done, and what the fault must say.</summary>
/// <param name="Act">Reads or imports; whatever it writes goes to <c>out</c> in the folder.</param>
/// <param name="File">The end of the file's name.</param>
/// <param name="Field">Part of the field.</param>
/// <param name="Value">Part of the value.</param>
/// <param name="Allowed">Part of what is allowed.</param>
internal sealed record BadCase(Action<TempFolder> Act, string File, string Field, string Value, string Allowed)
{
    internal void Check()
    {
        using var folder = new TempFolder();
        var thrown = Assert.Throws<InputException>(() => Act(folder));
        Assert.True(
            thrown.Faults.Any(f => f.File.EndsWith(File, StringComparison.Ordinal) && f.Field.Contains(Field, StringComparison.Ordinal)
                && f.Value.Contains(Value, StringComparison.Ordinal) && f.Allowed.Contains(Allowed, StringComparison.Ordinal)),
            $"wanted {File}: {Field} = {Value}; allowed: {Allowed}\ngot {thrown.Message}");
        Assert.False(System.IO.File.Exists(folder["out"]), "something was written");
        Assert.Empty(Directory.GetFiles(folder.Path, "*.part"));
    }
}
