using System.Buffers.Binary;
using System.Text;

namespace MoEPlace.Traces.Pickle;

/// <summary>
/// Reads a pickle (protocols 2 to 5) without running anything: dict, list, tuple, int, float, str, bytes, None, bool,
/// collections.OrderedDict and torch tensors. Every other global is refused by name; sizes and depths are bounded.
/// </summary>
public sealed class RestrictedUnpickler
{
    private const int MostBytes = 1 << 28;
    private readonly byte[] data;
    private readonly string file;
    private readonly TorchObjects torch;
    private readonly PickleStack stack;
    private int at;
    private int instruction;

    private RestrictedUnpickler(byte[] data, string file, Func<string, long> storageBytes)
    {
        (this.data, this.file) = (data, file);
        stack = new PickleStack(Refuse);
        torch = new TorchObjects(file, storageBytes, Refuse);
    }

    /// <summary>Reads a pickle.</summary>
    /// <param name="data">The whole pickle.</param>
    /// <param name="file">Its name in faults.</param>
    /// <param name="storageBytes">Bytes of the storage of a key; -1 when there is none.</param>
    /// <returns>null, bool, long, double, string, byte[], <see cref="PickleList"/>, <see cref="PickleTuple"/>, <see cref="PickleDictionary"/>
    /// or <see cref="TorchTensor"/>.</returns>
    /// <exception cref="InputException">It is damaged, too large, or refers to what is not allowed.</exception>
    public static object? Read(byte[] data, string file, Func<string, long> storageBytes)
    {
        ArgumentNullException.ThrowIfNull(data);
        if (data.Length > MostBytes)
            throw new InputException(file, "data.pkl", data.Length, $"at most {MostBytes} bytes");
        return new RestrictedUnpickler(data, file, storageBytes).Run();
    }

    private object? Run()
    {
        while (true)
        {
            instruction = at;
            var code = Take(1)[0];
            if (code == (byte)'.')
                return stack.Pop() switch
                {
                    PickleGlobal or TorchStorage => throw Refuse("a bare global", "a value"),
                    var value => value,
                };
            if (!(Constant(code) || Container(code) || Memo(code) || Reference(code)))
                throw Refuse($"instruction 0x{code:X2}", "an instruction of protocols 2 to 5 that plain values and tensors need");
        }
    }

    private bool Constant(byte code)
    {
        switch (code)
        {
            case 0x80:
                var protocol = Take(1)[0];
                if (protocol is < 2 or > 5)
                    throw Refuse($"protocol {protocol}", "2 to 5");
                return true;
            case 0x95:
                Take(8);
                return true;
            case (byte)'N':
                stack.Push(null);
                return true;
            case 0x88 or 0x89:
                stack.Push(code == 0x88);
                return true;
            case (byte)'J':
                stack.Push((long)BinaryPrimitives.ReadInt32LittleEndian(Take(4)));
                return true;
            case (byte)'K':
                stack.Push((long)Take(1)[0]);
                return true;
            case (byte)'M':
                stack.Push((long)BinaryPrimitives.ReadUInt16LittleEndian(Take(2)));
                return true;
            case 0x8A:
                stack.Push(Long(Take(1)[0]));
                return true;
            case (byte)'G':
                stack.Push(BinaryPrimitives.ReadDoubleBigEndian(Take(8)));
                return true;
            case 0x8C:
                stack.Push(Text(Take(1)[0]));
                return true;
            case (byte)'X':
                stack.Push(Text(BinaryPrimitives.ReadUInt32LittleEndian(Take(4))));
                return true;
            case 0x8D:
                stack.Push(Text(BinaryPrimitives.ReadInt64LittleEndian(Take(8))));
                return true;
            case (byte)'C':
                stack.Push(Take(Take(1)[0]).ToArray());
                return true;
            case (byte)'B':
                stack.Push(Take(BinaryPrimitives.ReadUInt32LittleEndian(Take(4))).ToArray());
                return true;
            case 0x8E or 0x96:
                stack.Push(Take(BinaryPrimitives.ReadInt64LittleEndian(Take(8))).ToArray());
                return true;
            default:
                return false;
        }
    }

    private bool Container(byte code)
    {
        switch (code)
        {
            case (byte)'(':
                stack.Mark();
                return true;
            case (byte)'0':
                stack.Pop();
                return true;
            case (byte)'1':
                stack.PopToMark();
                return true;
            case (byte)']':
                stack.Push(new PickleList());
                return true;
            case (byte)'}':
                stack.Push(new PickleDictionary());
                return true;
            case (byte)')':
                stack.Push(new PickleTuple([]));
                return true;
            case (byte)'t':
                stack.Push(new PickleTuple(stack.PopToMark()));
                return true;
            case 0x85 or 0x86 or 0x87:
                var items = new object?[code - 0x84];
                for (var i = items.Length - 1; i >= 0; i--)
                    items[i] = stack.Pop();
                stack.Push(new PickleTuple(items));
                return true;
            case (byte)'a':
                Append([stack.Pop()]);
                return true;
            case (byte)'e':
                Append(stack.PopToMark());
                return true;
            case (byte)'s':
                var value = stack.Pop();
                SetItems([stack.Pop(), value]);
                return true;
            case (byte)'u':
                SetItems(stack.PopToMark());
                return true;
            default:
                return false;
        }
    }

    private bool Memo(byte code)
    {
        switch (code)
        {
            case (byte)'q':
                stack.Remember(Take(1)[0]);
                return true;
            case (byte)'r':
                stack.Remember(BinaryPrimitives.ReadUInt32LittleEndian(Take(4)));
                return true;
            case 0x94:
                stack.RememberNext();
                return true;
            case (byte)'h':
                stack.Recall(Take(1)[0]);
                return true;
            case (byte)'j':
                stack.Recall(BinaryPrimitives.ReadUInt32LittleEndian(Take(4)));
                return true;
            default:
                return false;
        }
    }

    private bool Reference(byte code)
    {
        switch (code)
        {
            case (byte)'c':
                var module = Line();
                stack.Push(Global(module, Line()));
                return true;
            case 0x93:
                var name = stack.Pop<string>("a name");
                stack.Push(Global(stack.Pop<string>("a module"), name));
                return true;
            case (byte)'Q':
                stack.Push(torch.Storage(stack.Pop<PickleTuple>("a persistent id")));
                return true;
            case (byte)'R':
                var arguments = stack.Pop<PickleTuple>("a tuple of arguments");
                stack.Push(torch.Call(stack.Pop<PickleGlobal>("a global"), arguments));
                return true;
            default:
                return false;
        }
    }

    private void Append(object?[] items)
    {
        var list = stack.Peek() as PickleList ?? throw Refuse("another operand", "a list");
        foreach (var item in items)
            list.Add(item);
    }

    private void SetItems(object?[] items)
    {
        var dictionary = stack.Peek() as PickleDictionary ?? throw Refuse("another operand", "a dict");
        if (items.Length % 2 != 0)
            throw Refuse($"{items.Length} operands", "pairs of key and value");
        for (var i = 0; i < items.Length; i += 2)
            if (!dictionary.Set(items[i], items[i + 1]))
                throw Refuse("another key", "str, int, bool or None as a key");
    }

    private PickleGlobal Global(string module, string name) =>
        PickleGlobal.Find(module, name)
        ?? throw Refuse(
            $"global {module}.{name}", "collections.OrderedDict, torch._utils._rebuild_tensor_v2 and torch storages; nothing else is loaded from a pickle");

    private long Long(int bytes)
    {
        if (bytes > 8)
            throw Refuse($"an integer of {bytes} bytes", "at most 8");
        var value = 0L;
        var span = Take(bytes);
        for (var i = 0; i < bytes; i++)
            value |= (long)span[i] << (8 * i);
        var unused = 64 - 8 * bytes;
        return bytes == 0 ? 0 : value << unused >> unused;
    }

    private string Text(long bytes) => Encoding.UTF8.GetString(Take(bytes));

    private string Line()
    {
        var length = data.AsSpan(at).IndexOf((byte)'\n');
        if (length < 0)
            throw Refuse("a name without end", "a module and a name, each on a line");
        var line = Text(length);
        at++;
        return line;
    }

    private ReadOnlySpan<byte> Take(long count)
    {
        if (count < 0 || count > data.Length - at)
            throw Refuse($"{count} bytes", $"the {data.Length - at} that are left: is it cut short?");
        var span = data.AsSpan(at, (int)count);
        at += (int)count;
        return span;
    }

    private InputException Refuse(string value, string allowed) => new([new InputFault(
        file, $"data.pkl byte {instruction}", value, allowed)]);
}
