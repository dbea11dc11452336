using System.Collections.Immutable;
using System.Globalization;

namespace MoEPlace.Traces.Npy;

/// <summary>Reads the Python dictionary that an npy header is: the keys descr, fortran_order and shape, nothing else.</summary>
/// <param name="text">The header, padded with blanks.</param>
/// <param name="file">The file's name in faults.</param>
internal sealed class NpyDictionary(string text, string file)
{
    private const int MostDimensions = 32;
    private int at;

    internal NpyHeader Read(long dataOffset)
    {
        string? descr = null;
        bool? fortranOrder = null;
        ImmutableArray<long>? shape = null;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        Expect('{');
        while (Peek() != '}')
        {
            var key = ReadString();
            if (!seen.Add(key))
                throw new InputException(file, "header", key, "each key once");
            Expect(':');
            if (key == "descr")
                descr = ReadString();
            else if (key == "fortran_order")
                fortranOrder = ReadBoolean();
            else if (key == "shape")
                shape = ReadTuple();
            else
                throw new InputException(file, "header", key, "the keys descr, fortran_order and shape");
            if (Peek() != '}')
                Expect(',');
        }
        Expect('}');
        if (text.AsSpan(at).Trim().Length > 0)
            throw Unexpected("nothing after the dictionary");
        return NpyHeader.Make(descr, fortranOrder, shape, dataOffset, file);
    }

    private char Peek()
    {
        while (at < text.Length && char.IsWhiteSpace(text[at]))
            at++;
        return at < text.Length ? text[at] : '\0';
    }

    private void Expect(char c)
    {
        if (Peek() != c)
            throw Unexpected($"'{c}'");
        at++;
    }

    private string ReadString()
    {
        var quote = Peek();
        if (quote is not ('\'' or '"'))
            throw Unexpected("a quoted string (records of several fields are not read)");
        var end = text.IndexOf(quote, at + 1);
        if (end < 0)
            throw Unexpected("a closing quote");
        var value = text[(at + 1)..end];
        at = end + 1;
        return value;
    }

    private bool ReadBoolean()
    {
        Peek();
        foreach (var (word, value) in ((string, bool)[])[("True", true), ("False", false)])
        {
            if (string.CompareOrdinal(text, at, word, 0, word.Length) != 0)
                continue;
            at += word.Length;
            return value;
        }
        throw Unexpected("True or False");
    }

    private ImmutableArray<long> ReadTuple()
    {
        var sizes = ImmutableArray.CreateBuilder<long>();
        Expect('(');
        while (Peek() != ')')
        {
            var start = at;
            while (at < text.Length && char.IsAsciiDigit(text[at]))
                at++;
            if (!long.TryParse(text.AsSpan(start, at - start), NumberStyles.None, CultureInfo.InvariantCulture, out var size)
                || sizes.Count == MostDimensions)
                throw Unexpected($"at most {MostDimensions} sizes of 0 or more");
            sizes.Add(size);
            if (Peek() != ')')
                Expect(',');
        }
        Expect(')');
        return sizes.ToImmutable();
    }

    private InputException Unexpected(string allowed) => new(
        file, "header", at < text.Length ? text[at..] : "end of header",
        $"{allowed} at byte {at}: a dictionary of descr, fortran_order and shape (npy)");
}
