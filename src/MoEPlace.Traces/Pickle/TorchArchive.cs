using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace MoEPlace.Traces.Pickle;

/// <summary>
/// A file of <c>torch.save</c> (since torch 1.6), opened without torch: its value is read at once, tensors as they are asked for.
/// </summary>
public sealed class TorchArchive : IDisposable
{
    private const string PickleName = "/data.pkl";
    private readonly StoredZip zip;
    private readonly string prefix;

    private TorchArchive(string path, StoredZip zip)
    {
        Path = path;
        this.zip = zip;
        var pickles = zip.Entries.Keys.Where(k => k.EndsWith(PickleName, StringComparison.Ordinal)).ToList();
        if (pickles.Count != 1)
            throw new InputException(path, "data.pkl", pickles.Count, "one entry NAME/data.pkl, as torch.save writes it");
        prefix = pickles[0][..^PickleName.Length];
        var order = SmallText("byteorder") ?? "little";
        if (order != "little")
            throw new InputException(path, "byteorder", order, "\"little\"");
        if (!zip.Entries.ContainsKey($"{prefix}/version"))
            throw new InputException(path, "version", null, "an entry NAME/version, as torch.save writes it");
        var (offset, length) = zip.Entries[pickles[0]];
        if (length > Array.MaxLength)
            throw new InputException(path, "data.pkl", length, $"at most {Array.MaxLength} bytes");
        Root = RestrictedUnpickler.Read(zip.Bytes(offset, (int)length).ToArray(), path, StorageBytes);
    }

    /// <summary>The path that it was opened by.</summary>
    public string Path { get; }

    /// <summary>The value that was saved, as <see cref="RestrictedUnpickler"/> gives it.</summary>
    public object? Root { get; }

    /// <summary>Opens a file.</summary>
    /// <exception cref="InputException">It cannot be read, is not such a file, or its pickle refers to what is not allowed.</exception>
    public static TorchArchive Open(string path)
    {
        var zip = StoredZip.Open(path);
        try
        {
            return new TorchArchive(path, zip);
        }
        catch
        {
            zip.Dispose();
            throw;
        }
    }

    /// <summary>Copies elements of a tensor of whole numbers, in C order whatever its strides are.</summary>
    /// <param name="tensor">One of <see cref="Root"/>.</param>
    /// <param name="first">Number of the first element in C order.</param>
    /// <param name="destination">As many as it holds are copied.</param>
    /// <exception cref="InvalidOperationException">The elements are not whole numbers.</exception>
    public void CopyIntegers(TorchTensor tensor, long first, Span<long> destination)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first + destination.Length, tensor.Elements);
        switch (tensor.Storage.Type)
        {
            case TorchType.Bool or TorchType.Byte:
                Copy<byte>(tensor, first, destination);
                break;
            case TorchType.SignedByte:
                Copy<sbyte>(tensor, first, destination);
                break;
            case TorchType.Int16Bits:
                Copy<short>(tensor, first, destination);
                break;
            case TorchType.Int32Bits:
                Copy<int>(tensor, first, destination);
                break;
            case TorchType.Int64Bits:
                Copy<long>(tensor, first, destination);
                break;
            default:
                throw new InvalidOperationException($"{Path}: data/{tensor.Storage.Key} holds {tensor.Storage.Type}.");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => zip.Dispose();

    private void Copy<T>(TorchTensor tensor, long first, Span<long> destination)
        where T : unmanaged, INumberBase<T>
    {
        var data = zip.Entries[$"{prefix}/data/{tensor.Storage.Key}"].Offset;
        if (tensor.IsContiguous)
        {
            var begin = data + (tensor.Offset + first) * Unsafe.SizeOf<T>();
            var source = MemoryMarshal.Cast<byte, T>(zip.Bytes(begin, checked(destination.Length * Unsafe.SizeOf<T>())));
            for (var i = 0; i < source.Length; i++)
                destination[i] = long.CreateTruncating(source[i]);
            return;
        }
        for (var i = 0; i < destination.Length; i++)
        {
            long rest = first + i, element = tensor.Offset;
            for (var d = tensor.Shape.Length - 1; d >= 0; d--)
            {
                element += rest % tensor.Shape[d] * tensor.Strides[d];
                rest /= tensor.Shape[d];
            }
            destination[i] = long.CreateTruncating(MemoryMarshal.Read<T>(zip.Bytes(data + element * Unsafe.SizeOf<T>(),
                Unsafe.SizeOf<T>())));
        }
    }

    private long StorageBytes(string key) => zip.Entries.TryGetValue($"{prefix}/data/{key}", out var entry) ? entry.Length : -1;

    private string? SmallText(string name)
    {
        if (!zip.Entries.TryGetValue($"{prefix}/{name}", out var entry))
            return null;
        return entry.Length <= 64 ? Encoding.UTF8.GetString(zip.Bytes(entry.Offset, (int)entry.Length)).Trim() : "(long text)";
    }
}
