namespace MoEPlace;

/// <summary>Which sequences of a trace: by sequence number mod 5, so that results are out of sample.</summary>
public enum TraceSplit
{
    /// <summary>All sequences.</summary>
    All,

    /// <summary>Sequence mod 5 is not 0.</summary>
    Train,

    /// <summary>Sequence mod 5 is 0.</summary>
    Test,
}
