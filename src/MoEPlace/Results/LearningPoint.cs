namespace MoEPlace.Results;

/// <summary>A placement that was solved on a part of the training part.</summary>
/// <param name="Sequences">Sequences that it was solved on.</param>
/// <param name="Tokens">Their tokens.</param>
/// <param name="Training">The measure on them.</param>
/// <param name="Test">The measure on the test part.</param>
public sealed record LearningPoint(int Sequences, long Tokens, double Training, double Test);
