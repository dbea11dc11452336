using MoEPlace.Torch;

namespace MoEPlace.Executor.Models;

/// <summary>Gives a weight to whoever is built of it: from a checkpoint, or drawn.</summary>
/// <param name="name">Its name in a checkpoint.</param>
/// <param name="shape">Its dimensions, outermost first.</param>
/// <returns>The tensor, which belongs to no dispose scope: its taker owns it.</returns>
public delegate Tensor WeightSource(string name, params ReadOnlySpan<long> shape);
