namespace MoEPlace;

/// <summary>The sizes of a model's weights and activations. Widths are in elements.</summary>
/// <param name="HiddenSize">Width of the residual stream: what travels per token.</param>
/// <param name="ExpertIntermediateSize">Width of one routed expert: each of its matrices is hidden x this.</param>
/// <param name="SharedIntermediateSize">Summed width of the shared experts of a layer; 0 without.</param>
/// <param name="DenseIntermediateSize">Width of the MLP of the layers that are not MoE; 0 when all are.</param>
/// <param name="VocabularySize">Rows of the embedding and of the output head.</param>
/// <param name="AttentionHeads">Query heads.</param>
/// <param name="KeyValueHeads">Key and value heads (grouped-query attention); with latent attention it plays no part.</param>
/// <param name="HeadSize">Width of one query or key head (with latent attention its part without rotation).</param>
/// <param name="ValueHeadSize">Width of one value head.</param>
/// <param name="KeyValueLatentSize">Multi-head latent attention (DeepSeek-V2, section 2.1): width of the cached latent; 0 without.</param>
/// <param name="QueryLatentSize">Latent attention: width of the query's latent; 0 when queries are projected directly.</param>
/// <param name="RotaryHeadSize">Latent attention: width of the rotated key that all heads share; 0 without.</param>
/// <param name="BytesPerExpertParameter">Routed expert weights: 2 for bfloat16, 1 for FP8, 0.53125 for MXFP4 (4 bits and an 8-bit scale for 32).</param>
/// <param name="BytesPerParameter">All other weights.</param>
/// <param name="BytesPerActivation">One element of a travelling hidden state, and of a cached key or value.</param>
/// <param name="MatricesPerExpert">Matrices of one routed expert: 3 (gate, up, down), or 2 where it is not gated.</param>
public sealed record ModelDimensions(
    int HiddenSize,
    int ExpertIntermediateSize,
    int SharedIntermediateSize,
    int DenseIntermediateSize,
    int VocabularySize,
    int AttentionHeads,
    int KeyValueHeads,
    int HeadSize,
    int ValueHeadSize,
    int KeyValueLatentSize,
    int QueryLatentSize,
    int RotaryHeadSize,
    double BytesPerExpertParameter,
    double BytesPerParameter,
    int BytesPerActivation,
    int MatricesPerExpert = 3)
{
    /// <summary>Bytes of one routed expert's weights.</summary>
    public long ExpertBytes => (long)Math.Ceiling((double)MatricesPerExpert * HiddenSize * ExpertIntermediateSize * BytesPerExpertParameter);

    /// <summary>Bytes of one token's hidden state: what a copy to another rank carries.</summary>
    public long HiddenStateBytes => (long)HiddenSize * BytesPerActivation;

    /// <summary>Bytes that one token adds to the key-value cache in one layer.</summary>
    public long KeyValueBytesPerTokenLayer => BytesPerActivation * (KeyValueLatentSize > 0
        ? (long)KeyValueLatentSize + RotaryHeadSize
        : (long)KeyValueHeads * (HeadSize + ValueHeadSize));

    /// <summary>Parameters of the attention of one layer (projections only).</summary>
    public long AttentionParametersPerLayer
    {
        get
        {
            long hidden = HiddenSize, heads = AttentionHeads;
            if (KeyValueLatentSize == 0)
                return hidden * (heads * HeadSize + (long)KeyValueHeads * (HeadSize + ValueHeadSize)) + heads * ValueHeadSize * hidden;
            var queryWidth = heads * (HeadSize + RotaryHeadSize);
            var query = QueryLatentSize > 0 ? hidden * QueryLatentSize + QueryLatentSize * queryWidth : hidden * queryWidth;
            var keyValue = hidden * (KeyValueLatentSize + RotaryHeadSize) + KeyValueLatentSize * heads * (HeadSize + (long)ValueHeadSize);
            return query + keyValue + heads * ValueHeadSize * hidden;
        }
    }

    /// <summary>Notes every size that cannot be.</summary>
    /// <param name="faults">Where to note it.</param>
    /// <param name="prefix">The key path in its file.</param>
    public void Check(InputFaults faults, string prefix)
    {
        ArgumentNullException.ThrowIfNull(faults);
        Positive(HiddenSize, "hiddenSize");
        Positive(ExpertIntermediateSize, "expertIntermediateSize");
        NotNegative(SharedIntermediateSize, "sharedIntermediateSize");
        NotNegative(DenseIntermediateSize, "denseIntermediateSize");
        Positive(VocabularySize, "vocabularySize");
        Positive(AttentionHeads, "attentionHeads");
        Positive(KeyValueHeads, "keyValueHeads");
        Positive(HeadSize, "headSize");
        Positive(ValueHeadSize, "valueHeadSize");
        NotNegative(KeyValueLatentSize, "keyValueLatentSize");
        NotNegative(QueryLatentSize, "queryLatentSize");
        NotNegative(RotaryHeadSize, "rotaryHeadSize");
        faults.Require(BytesPerExpertParameter is > 0 and <= 8, prefix + "bytesPerExpertParameter", BytesPerExpertParameter, "above 0, at most 8");
        faults.Require(BytesPerParameter is > 0 and <= 8, prefix + "bytesPerParameter", BytesPerParameter, "above 0, at most 8");
        faults.Require(BytesPerActivation is >= 1 and <= 8, prefix + "bytesPerActivation", BytesPerActivation, "1 to 8");
        faults.Require(MatricesPerExpert is 2 or 3, prefix + "matricesPerExpert", MatricesPerExpert, "2 or 3");

        void Positive(int value, string key) => faults.Require(value is >= 1 and <= 1 << 24, prefix + key, value, "1 to 16,777,216");
        void NotNegative(int value, string key) => faults.Require(value is >= 0 and <= 1 << 24, prefix + key, value, "0 to 16,777,216");
    }
}
