using System.Collections.Immutable;
using System.Text;

namespace MoEPlace.Simulation.Kernel;

/// <summary>
/// Every message of a run in the total order, <c>moeplace.recording/1</c>. Two runs are the same if their bytes are. The file: the
/// format's name and the actors' names (a count, then strings as of BinaryWriter); per message the number of its type from 1 (followed by
/// the name where it occurs first), time since the message before, priority (zigzag), source + 1, sequence, target; at the end 0 and the
/// count of messages. All numbers are variable-length integers of 7 bits a byte.
/// </summary>
public sealed class Recording
{
    /// <summary>What the file begins with.</summary>
    public const string FormatName = "moeplace.recording/1";

    private Recording(ImmutableArray<string> actors, ImmutableArray<RecordedEvent> events) => (Actors, Events) = (actors, events);

    /// <summary>The names of the actors, in the order of their addresses.</summary>
    public ImmutableArray<string> Actors { get; }

    /// <summary>The messages in the total order.</summary>
    public ImmutableArray<RecordedEvent> Events { get; }

    /// <summary>Reads a recording.</summary>
    /// <param name="input">Stays open.</param>
    /// <param name="name">Names it in faults.</param>
    /// <exception cref="InputException">It is none, or is cut off.</exception>
    public static Recording Read(Stream input, string name = "recording")
    {
        using var reader = new BinaryReader(input, Encoding.UTF8, leaveOpen: true);
        try
        {
            var format = reader.ReadString();
            if (format != FormatName)
                throw new InputException(name, "format", format, FormatName);
            var actors = ImmutableArray.CreateBuilder<string>();
            for (var left = reader.Read7BitEncodedInt(); left > 0; left--)
                actors.Add(reader.ReadString());
            return new Recording(actors.ToImmutable(), ReadEvents(reader, actors.Count, name));
        }
        catch (Exception e) when (e is EndOfStreamException or FormatException or IOException)
        {
            throw new InputException(name, "recording", e.Message, "a whole recording, as a finished run writes it");
        }
    }

    /// <summary>A message in words.</summary>
    internal string Describe(in RecordedEvent e) =>
        $"{e.MessageType} from {(e.Source == ActorRef.Nobody ? "nobody" : Actors[e.Source.Id])} (its message {e.Sequence}) "
        + $"to {Actors[e.Target.Id]} at {e.Time.Picoseconds} ps, priority {e.Priority}";

    private static ImmutableArray<RecordedEvent> ReadEvents(BinaryReader reader, int actors, string name)
    {
        var events = ImmutableArray.CreateBuilder<RecordedEvent>();
        var types = new List<string>();
        var time = 0L;
        for (int type; (type = reader.Read7BitEncodedInt()) != 0;)
        {
            if (type == types.Count + 1)
                types.Add(reader.ReadString());
            time += reader.Read7BitEncodedInt64();
            var priority = reader.Read7BitEncodedInt();
            var source = reader.Read7BitEncodedInt() - 1;
            var sequence = (uint)reader.Read7BitEncodedInt();
            var target = reader.Read7BitEncodedInt();
            if (type < 0 || type > types.Count || time < 0 || source < -1 || source >= actors || target < 0 || target >= actors)
                throw new InputException(name, $"event {events.Count}", null, $"a type, a time and actors that exist");
            events.Add(new RecordedEvent(new SimTime(time), (int)((uint)priority >> 1) ^ -(priority & 1), new ActorRef(source), sequence,
                new ActorRef(target), types[type - 1]));
        }
        if (reader.Read7BitEncodedInt64() != events.Count)
            throw new InputException(name, "events", events.Count, "as many as its end says");
        return events.DrainToImmutable();
    }
}
