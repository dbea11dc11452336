namespace MoEPlace.Traces.Pickle;

/// <summary>A Python dict or OrderedDict whose keys are strings, whole numbers, booleans or None; the last value of a key counts.</summary>
public sealed class PickleDictionary
{
    private static readonly object None = new();
    private readonly Dictionary<object, object?> values = [];
    private readonly List<object?> keys = [];

    /// <summary>The keys in order of first appearance.</summary>
    public IReadOnlyList<object?> Keys => keys;

    /// <summary>Finds a value.</summary>
    public bool TryGet(object? key, out object? value) => values.TryGetValue(key ?? None, out value);

    internal bool Set(object? key, object? value)
    {
        if (key is not (null or string or long or bool))
            return false;
        if (values.TryAdd(key ?? None, value))
            keys.Add(key);
        else
            values[key ?? None] = value;
        return true;
    }
}
