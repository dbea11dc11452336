using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace MoEPlace;

/// <summary>Collects the faults of one file, so that all of them are told at once.</summary>
/// <param name="file">The file, or the option, that is being checked.</param>
public sealed class InputFaults(string file)
{
    private const int Most = 20;
    private const int LongestValue = 80;
    private readonly List<InputFault> faults = [];
    private int left;

    /// <summary>The file that is being checked.</summary>
    public string File { get; } = file;

    /// <summary>True when at least one fault was found.</summary>
    public bool Any => faults.Count > 0;

    /// <summary>Notes a fault; after the twentieth only their number is kept.</summary>
    public void Add(string field, object? value, string allowed)
    {
        if (faults.Count < Most)
            faults.Add(new InputFault(File, field, Show(value), allowed));
        else
            left++;
    }

    /// <summary>Notes a fault unless <paramref name="holds"/>; returns <paramref name="holds"/>.</summary>
    public bool Require(bool holds, string field, object? value, string allowed)
    {
        if (!holds)
            Add(field, value, allowed);
        return holds;
    }

    /// <summary>Takes over the faults of a part that was checked by itself.</summary>
    public void AddRange(IEnumerable<InputFault> more)
    {
        foreach (var fault in more)
        {
            if (faults.Count < Most)
                faults.Add(fault);
            else
                left++;
        }
    }

    /// <summary>What <paramref name="read"/> gives; null when it found faults, which are noted.</summary>
    public T? Try<T>(Func<T?> read)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(read);
        try
        {
            return read();
        }
        catch (InputException e)
        {
            AddRange(e.Faults);
            return null;
        }
    }

    /// <summary>The faults so far.</summary>
    public ImmutableArray<InputFault> ToImmutable() =>
        left == 0 ? [.. faults] : [.. faults, new InputFault(File, "further faults", Show(left), "none")];

    /// <summary>Ends the check.</summary>
    /// <exception cref="InputException">At least one fault was found.</exception>
    public void ThrowIfAny()
    {
        if (Any)
            throw new InputException(ToImmutable());
    }

    internal static string Show(object? value)
    {
        var text = value switch
        {
            null => "missing",
            string s => $"\"{s}\"",
            // As StrictJson writes it.
            Enum e when Enum.IsDefined(e.GetType(), e) => JsonNamingPolicy.KebabCaseLower.ConvertName(e.ToString()),
            IFormattable f => f.ToString(null, CultureInfo.InvariantCulture),
            _ => value.ToString() ?? "",
        };
        text = text.ReplaceLineEndings(" ");
        return text.Length <= LongestValue ? text : string.Concat(text.AsSpan(0, LongestValue), "…");
    }
}
