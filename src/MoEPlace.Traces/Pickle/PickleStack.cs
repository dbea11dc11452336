namespace MoEPlace.Traces.Pickle;

/// <summary>The stack and the memo of an unpickler, bounded in size and depth.</summary>
/// <param name="refuse">Makes the fault of a value and what is allowed.</param>
internal sealed class PickleStack(Func<string, string, InputException> refuse)
{
    private const int MostItems = 1 << 20;
    private const int MostMarks = 1 << 10;
    private const int MostMemo = 1 << 23;
    private const int MostContainers = 1 << 22;
    private readonly List<object?> items = [];
    private readonly List<int> marks = [];
    private readonly Dictionary<long, object?> memo = [];
    private int containers;

    internal int Count => items.Count;

    internal void Push(object? item)
    {
        if (items.Count == MostItems)
            throw refuse($"{items.Count} values on the stack", $"at most {MostItems}");
        if (item is PickleList or PickleDictionary or PickleTuple && ++containers > MostContainers)
            throw refuse($"{containers} lists, dicts and tuples", $"at most {MostContainers}");
        items.Add(item);
    }

    internal object? Pop()
    {
        var floor = marks.Count == 0 ? 0 : marks[^1];
        if (items.Count == floor)
            throw refuse("an empty stack", "an instruction with its operands before it");
        var item = items[^1];
        items.RemoveAt(items.Count - 1);
        return item;
    }

    internal T Pop<T>(string allowed)
        where T : class => Pop() as T ?? throw refuse("another operand", allowed);

    internal object? Peek()
    {
        var item = Pop();
        items.Add(item);
        return item;
    }

    internal void Mark()
    {
        if (marks.Count == MostMarks)
            throw refuse($"{marks.Count} nested marks", $"at most {MostMarks}");
        marks.Add(items.Count);
    }

    /// <summary>Takes all values above the last mark, and the mark.</summary>
    internal object?[] PopToMark()
    {
        if (marks.Count == 0)
            throw refuse("no mark", "an instruction with a mark before it");
        var from = marks[^1];
        marks.RemoveAt(marks.Count - 1);
        var taken = new object?[items.Count - from];
        items.CopyTo(from, taken, 0, taken.Length);
        items.RemoveRange(from, taken.Length);
        return taken;
    }

    internal void Remember(long index)
    {
        if (memo.Count == MostMemo)
            throw refuse($"{memo.Count} memoised values", $"at most {MostMemo}");
        memo[index] = Peek();
    }

    internal void RememberNext() => Remember(memo.Count);

    internal void Recall(long index)
    {
        if (!memo.TryGetValue(index, out var item))
            throw refuse($"memo {index}", "a value that was memoised before");
        if (items.Count == MostItems)
            throw refuse($"{items.Count} values on the stack", $"at most {MostItems}");
        items.Add(item);
    }
}
