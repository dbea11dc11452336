namespace MoEPlace;

/// <summary>One thing that is wrong with what a person gave us.</summary>
/// <param name="File">The file, or the option of the command, that holds it.</param>
/// <param name="Field">Where in it: a key path such as <c>slots[3][1]</c>, a tensor, a header field.</param>
/// <param name="Value">What stands there.</param>
/// <param name="Allowed">What may stand there.</param>
public sealed record InputFault(string File, string Field, string Value, string Allowed)
{
    /// <summary>One line: <c>file: field = value; allowed: …</c>.</summary>
    public override string ToString() => $"{File}: {Field} = {Value}; allowed: {Allowed}";
}
