using System.Collections.Immutable;

namespace MoEPlace.Traces.Pickle;

/// <summary>Makes what the allowed globals of a pickle stand for, and checks tensors against their storages.</summary>
/// <param name="file">The file in faults.</param>
/// <param name="storageBytes">Bytes of the storage of a key; -1 when there is none.</param>
/// <param name="refuse">Makes the fault of a value and what is allowed.</param>
internal sealed class TorchObjects(string file, Func<string, long> storageBytes, Func<string, string, InputException> refuse)
{
    private const int MostDimensions = 32;

    internal object Call(PickleGlobal global, PickleTuple arguments)
    {
        if (global.Kind == PickleGlobalKind.OrderedDictionary && arguments.Count == 0)
            return new PickleDictionary();
        if (global.Kind == PickleGlobalKind.RebuildTensor && arguments.Count is 6 or 7)
            return Tensor(arguments);
        throw refuse(
            $"a call of {global.Kind} with {arguments.Count} arguments", "OrderedDict() or _rebuild_tensor_v2 of 6 or 7 arguments");
    }

    internal TorchStorage Storage(PickleTuple id)
    {
        const string allowed = "('storage', storage class, key, location, elements)";
        if (id.Count != 5 || id[0] is not "storage" || id[1] is not PickleGlobal { Kind: PickleGlobalKind.StorageClass } type
            || id[2] is not string key || id[4] is not long elements)
            throw refuse("another persistent id", allowed);
        var storage = new TorchStorage(type.Storage, key, elements);
        var bytes = storageBytes(key);
        if (bytes < 0 || elements < 0 || elements > bytes / storage.ElementBytes)
            throw new InputException(
                file, $"data/{key}", bytes < 0 ? "missing" : $"{bytes} bytes",
                $"{elements} elements of {storage.ElementBytes} bytes ({storage.Type})");
        return storage;
    }

    private TorchTensor Tensor(PickleTuple arguments)
    {
        if (arguments[0] is not TorchStorage storage || arguments[1] is not long offset)
            throw refuse("other arguments", "_rebuild_tensor_v2(storage, offset, size, stride, …)");
        var shape = Sizes(arguments[2]);
        var strides = Sizes(arguments[3]);
        Int128 elements = 1, last = offset;
        for (var i = 0; i < shape.Length && i < strides.Length; i++)
        {
            elements = elements > storage.Elements && shape[i] > 0 ? elements : elements * shape[i];
            last += (Int128)(shape[i] - 1) * strides[i];
        }
        var fits = shape.Length == strides.Length && offset >= 0
            && (elements == 0 || (elements <= storage.Elements && last < storage.Elements));
        if (!fits)
            throw new InputException(
                file, $"tensor of data/{storage.Key}",
                $"shape [{string.Join(", ", shape)}], strides [{string.Join(", ", strides)}], offset {offset}",
                $"elements inside the {storage.Elements} of its storage, each at most once");
        return new TorchTensor(storage, offset, shape, strides);
    }

    private ImmutableArray<long> Sizes(object? value)
    {
        if (value is not PickleTuple { Count: <= MostDimensions } tuple)
            throw refuse("another argument", $"a tuple of at most {MostDimensions} sizes");
        var sizes = ImmutableArray.CreateBuilder<long>(tuple.Count);
        for (var i = 0; i < tuple.Count; i++)
            sizes.Add(tuple[i] is long size and >= 0 ? size : throw refuse("another size", "whole numbers of 0 or more"));
        return sizes.MoveToImmutable();
    }
}
