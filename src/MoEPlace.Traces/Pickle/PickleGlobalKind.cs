namespace MoEPlace.Traces.Pickle;

/// <summary>What a global of a pickle stands for.</summary>
internal enum PickleGlobalKind
{
    /// <summary>collections.OrderedDict.</summary>
    OrderedDictionary,

    /// <summary>torch._utils._rebuild_tensor_v2.</summary>
    RebuildTensor,

    /// <summary>A storage class of torch.</summary>
    StorageClass,
}
