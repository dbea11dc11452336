using System.Collections.Immutable;

namespace MoEPlace;

/// <summary>Bad input: every fault that was found, together. The command ends with exit code 2.</summary>
public sealed class InputException : Exception
{
    /// <summary>Reports <paramref name="faults"/>.</summary>
    /// <param name="faults">At least one.</param>
    public InputException(IEnumerable<InputFault> faults)
        : this([.. faults])
    {
    }

    /// <summary>Reports one fault.</summary>
    public InputException(string file, string field, object? value, string allowed)
        : this([new InputFault(file, field, InputFaults.Show(value), allowed)])
    {
    }

    private InputException(ImmutableArray<InputFault> faults)
        : base(string.Join('\n', faults)) => Faults = faults;

    /// <summary>What is wrong, in the order in which it was found.</summary>
    public ImmutableArray<InputFault> Faults { get; }
}
