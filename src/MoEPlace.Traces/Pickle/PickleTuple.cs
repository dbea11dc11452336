namespace MoEPlace.Traces.Pickle;

/// <summary>A Python tuple.</summary>
/// <param name="items">Its items, as in a <see cref="PickleList"/>.</param>
public sealed class PickleTuple(object?[] items)
{
    /// <summary>Length.</summary>
    public int Count => items.Length;

    /// <summary>An item.</summary>
    public object? this[int index] => items[index];
}
