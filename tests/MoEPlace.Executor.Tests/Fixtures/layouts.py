"""The five tiny models: what their config.json says, and how they are stored. Widths differ, so that none stands in for another."""

COMMON = {
    "attention_dropout": 0.0, "bos_token_id": 1, "eos_token_id": 2, "hidden_act": "silu", "initializer_range": 0.02, "use_cache": True,
}

MIXTRAL = COMMON | {
    "architectures": ["MixtralForCausalLM"], "model_type": "mixtral",
    "vocab_size": 96, "hidden_size": 32, "intermediate_size": 40, "num_hidden_layers": 3,
    "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 64, "sliding_window": None,
    "num_local_experts": 6, "num_experts_per_tok": 2, "output_router_logits": False, "router_aux_loss_coef": 0.02,
    "rms_norm_eps": 1e-5, "rope_theta": 1000000.0, "tie_word_embeddings": False, "torch_dtype": "bfloat16",
}

QWEN3_MOE = COMMON | {
    "architectures": ["Qwen3MoeForCausalLM"], "model_type": "qwen3_moe",
    "vocab_size": 80, "hidden_size": 32, "intermediate_size": 36, "moe_intermediate_size": 20, "num_hidden_layers": 6,
    "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 12, "attention_bias": False, "max_position_embeddings": 64,
    "max_window_layers": 6, "sliding_window": None, "use_sliding_window": False,
    "num_experts": 8, "num_experts_per_tok": 3, "norm_topk_prob": True, "decoder_sparse_step": 2, "mlp_only_layers": [3],
    "output_router_logits": False, "router_aux_loss_coef": 0.001,
    "rms_norm_eps": 1e-6, "rope_parameters": {"rope_theta": 10000.0, "rope_type": "default"}, "tie_word_embeddings": True,
    "dtype": "float32",
}

OLMOE = COMMON | {
    "architectures": ["OlmoeForCausalLM"], "model_type": "olmoe", "pad_token_id": 1,
    "vocab_size": 72, "hidden_size": 32, "intermediate_size": 20, "num_hidden_layers": 3,
    "num_attention_heads": 4, "num_key_value_heads": 4, "attention_bias": False, "clip_qkv": None, "max_position_embeddings": 64,
    "num_experts": 8, "num_experts_per_tok": 3, "norm_topk_prob": False, "output_router_logits": False, "router_aux_loss_coef": 0.01,
    "rms_norm_eps": 1e-5, "rope_scaling": None, "rope_theta": 10000.0, "tie_word_embeddings": False, "torch_dtype": "float32",
}

DEEPSEEK = COMMON | {
    "attention_bias": False, "first_k_dense_replace": 1, "moe_layer_freq": 1, "num_hidden_layers": 3, "pretraining_tp": 1,
    "max_position_embeddings": 64, "rms_norm_eps": 1e-6, "tie_word_embeddings": False, "aux_loss_alpha": 0.001, "seq_aux": True,
}

DEEPSEEK_V2_LITE = DEEPSEEK | {
    "architectures": ["DeepseekV2ForCausalLM"], "model_type": "deepseek_v2",
    "vocab_size": 88, "hidden_size": 32, "intermediate_size": 44, "moe_intermediate_size": 20,
    "num_attention_heads": 4, "num_key_value_heads": 4, "q_lora_rank": None, "kv_lora_rank": 24,
    "qk_nope_head_dim": 10, "qk_rope_head_dim": 16, "v_head_dim": 14,
    "n_routed_experts": 6, "num_experts_per_tok": 3, "n_shared_experts": 2, "n_group": 1, "topk_group": 1, "topk_method": "greedy",
    "scoring_func": "softmax", "norm_topk_prob": False, "routed_scaling_factor": 1.5,
    "rope_theta": 100.0, "rope_scaling": {
        "type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16, "beta_fast": 2.0, "beta_slow": 0.25,
        "mscale": 0.707, "mscale_all_dim": 0.707},
    "torch_dtype": "float32",
}

DEEPSEEK_V3 = DEEPSEEK | {
    "architectures": ["DeepseekV3ForCausalLM"], "model_type": "deepseek_v3",
    "vocab_size": 104, "hidden_size": 40, "intermediate_size": 44, "moe_intermediate_size": 24,
    "num_attention_heads": 4, "num_key_value_heads": 4, "q_lora_rank": 18, "kv_lora_rank": 20,
    "qk_nope_head_dim": 12, "qk_rope_head_dim": 8, "v_head_dim": 14, "head_dim": 8, "qk_head_dim": 20,
    "n_routed_experts": 8, "num_experts_per_tok": 3, "n_shared_experts": 1, "n_group": 4, "topk_group": 2, "topk_method": "noaux_tc",
    "scoring_func": "sigmoid", "norm_topk_prob": True, "routed_scaling_factor": 2.5, "rope_interleave": True,
    "rope_parameters": {
        "rope_type": "yarn", "rope_theta": 50.0, "factor": 8.0, "original_max_position_embeddings": 8, "beta_fast": 1.0,
        "beta_slow": 0.125, "mscale": 1.0, "mscale_all_dim": 0.707},
    "dtype": "bfloat16",
}

# folder: (config, dtype of the tensors, files, the least seed whose gates all decide clearly)
LAYOUTS = {
    "mixtral": (MIXTRAL, "BF16", 1, 3),
    "qwen3-moe": (QWEN3_MOE, "F32", 2, 111),
    "olmoe": (OLMOE, "F32", 1, 380),
    "deepseek-v2-lite": (DEEPSEEK_V2_LITE, "F32", 1, 78),
    "deepseek-v3": (DEEPSEEK_V3, "BF16", 1, 3),
}
