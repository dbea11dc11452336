namespace MoEPlace.Traces.Pickle;

/// <summary>A Python list. As long as it holds whole numbers only, they are kept bare, not as objects.</summary>
public sealed class PickleList
{
    private readonly List<long> integers = [];
    private List<object?>? items;

    /// <summary>Length.</summary>
    public int Count => items?.Count ?? integers.Count;

    /// <summary>True when all items are whole numbers.</summary>
    public bool IsIntegers => items is null;

    /// <summary>
    /// An item: null, bool, long, double, string, byte[], <see cref="PickleList"/>, <see cref="PickleTuple"/>, <see cref="PickleDictionary"/>
    /// or <see cref="TorchTensor"/>.
    /// </summary>
    public object? this[int index] => items is null ? integers[index] : items[index];

    /// <summary>The items of a list of whole numbers.</summary>
    /// <exception cref="InvalidOperationException">It holds something else.</exception>
    public ReadOnlySpan<long> Integers => items is null
        ? System.Runtime.InteropServices.CollectionsMarshal.AsSpan(integers)
        : throw new InvalidOperationException("The list holds other things than whole numbers.");

    internal void Add(object? item)
    {
        if (items is null && item is long number)
        {
            integers.Add(number);
            return;
        }
        if (items is null)
        {
            items = [.. integers.Select(i => (object?)i)];
            integers.Clear();
        }
        items.Add(item);
    }
}
