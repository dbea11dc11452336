namespace MoEPlace.Torch;

/// <summary>
/// Owns the tensors that are made on this thread while it is the innermost scope, and frees them when it is disposed. A tensor that shall
/// live longer is moved out (<see cref="Tensor.MoveToOuterDisposeScope"/>) or detached from all (<see cref="Tensor.DetachFromDisposeScope"/>).
/// </summary>
public sealed class DisposeScope : IDisposable
{
    [ThreadStatic]
    private static DisposeScope? innermost;

    private readonly DisposeScope? outer;
    private readonly List<Tensor> owned = [];

    internal DisposeScope()
    {
        outer = innermost;
        innermost = this;
    }

    /// <summary>The scope that a new tensor of this thread belongs to; null when there is none.</summary>
    internal static DisposeScope? Innermost => innermost;

    /// <summary>The scope around this one.</summary>
    internal DisposeScope? Outer => outer;

    /// <summary>Frees what it owns; the scope around it is the innermost again.</summary>
    /// <exception cref="InvalidOperationException">It is not the innermost: scopes end in the reverse order of their beginning.</exception>
    public void Dispose()
    {
        if (innermost != this)
            throw new InvalidOperationException("Dispose scopes must end in the reverse order of their beginning, on the thread that began them.");
        innermost = outer;
        foreach (var tensor in owned)
            if (tensor.Scope == this)
                tensor.Dispose();
    }

    internal void Own(Tensor tensor) => owned.Add(tensor);
}
