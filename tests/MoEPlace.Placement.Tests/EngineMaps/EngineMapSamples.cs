using System.Text;
using MoEPlace.Placement.EngineMaps;

namespace MoEPlace.Placement.Tests.EngineMaps;

/// <summary>Small maps for tests of the readers.</summary>
internal static class EngineMapSamples
{
    /// <summary>Model layers 1 and 2 of 3 are MoE; 4 experts on 1 node of 2 ranks.</summary>
    internal static EngineMapContext Context { get; } = new("test", 3, [1, 2], 4, 1, 2);

    internal const string Sglang = """{"physical_to_logical_map": [[0,1,2,3,0,1], [3,1,0,2,1,0], [0,2,1,3,2,0]]}""";

    internal const string Vllm = """
        {"record_type":"session_metadata","argv":["serve"],"schedule":null}
        {"record_type":"eplb_load_stats","version":1,"step":3,"num_ranks":2,"expert_load":[[1,2]],"p2l_map":[[0,1]]}
        {"record_type":"eplb_initial_mapping","version":1,"step":0,"num_redundant_experts":2,"num_slots":6,"initial_global_assignments":{"1":[0,2,1,3,2,0],"0":[3,1,0,2,1,0]}}
        """;

    internal const string VllmAscend = """
        {"moe_layer_count":2,"layer_list":[
        {"layer_id":0,"device_count":2,"device_list":[{"device_id":0,"device_expert":[3,1,0]},{"device_id":1,"device_expert":[2,1,0]}]},
        {"layer_id":1,"device_count":2,"device_list":[{"device_id":0,"device_expert":[0,2,1]},{"device_id":1,"device_expert":[3,2,0]}]}]}
        """;

    internal const string TensorRtLlm = """
        # two MoE layers
        ep_size: 2
        num_slots: 6
        initial_global_assignments:
          1: [3, 1, 0, 2, 1, 0]
          2:
          - 0
          - 2
          - 1
          - 3
          - 2
          - 0
        layer_updates_per_iter: 0
        """;

    internal const string ExFlow = "Expert,Node\n7,1\n3,0\n1,0\n4,1\n0,1\n2,1\n5,0\n6,0\n";

    internal static string Text(string engine) => engine switch
    {
        "sglang" => Sglang,
        "vllm" => Vllm,
        "vllm-ascend" => VllmAscend,
        "trtllm" => TensorRtLlm,
        _ => ExFlow,
    };

    /// <summary>Reads content as a file of an engine.</summary>
    internal static ExpertPlacement Parse(string engine, byte[] content) => engine switch
    {
        "sglang" => SglangMap.Parse(content, "map", Context),
        "vllm" => VllmMap.Parse(content, "map", Context),
        "vllm-ascend" => VllmAscendMap.Parse(content, "map", Context),
        "trtllm" => TensorRtLlmMap.Parse(content, "map", Context),
        _ => ExFlowMap.Parse(content, "map", Context),
    };

    internal static ExpertPlacement Parse(string engine, string text) => Parse(engine, Encoding.UTF8.GetBytes(text));
}
