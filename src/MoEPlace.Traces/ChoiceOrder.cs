namespace MoEPlace.Traces;

/// <summary>In which order the experts of a token stand in a trace.</summary>
public enum ChoiceOrder
{
    /// <summary>The highest gate weight first.</summary>
    ByWeight,

    /// <summary>Unknown: without weights no top-1 can be told.</summary>
    Unordered,
}
