"""Random weights under the names and in the shapes that transformers saves, and the files of a checkpoint folder."""

import json
import os

import numpy as np

import tensorfile
from model import LATENT, has_experts


def attention_shapes(config):
    hidden, heads, key_heads = config["hidden_size"], config["num_attention_heads"], config["num_key_value_heads"]
    if config["model_type"] in LATENT:
        plain, turned, value = config["qk_nope_head_dim"], config["qk_rope_head_dim"], config["v_head_dim"]
        low, rank = config["q_lora_rank"], config["kv_lora_rank"]
        if low is None:
            yield "q_proj.weight", (heads * (plain + turned), hidden)
        else:
            yield "q_a_proj.weight", (low, hidden)
            yield "q_a_layernorm.weight", (low,)
            yield "q_b_proj.weight", (heads * (plain + turned), low)
        yield "kv_a_proj_with_mqa.weight", (rank + turned, hidden)
        yield "kv_a_layernorm.weight", (rank,)
        yield "kv_b_proj.weight", (heads * (plain + value), rank)
        yield "o_proj.weight", (hidden, heads * value)
        return
    width = config.get("head_dim") or hidden // heads
    yield "q_proj.weight", (heads * width, hidden)
    yield "k_proj.weight", (key_heads * width, hidden)
    yield "v_proj.weight", (key_heads * width, hidden)
    yield "o_proj.weight", (hidden, heads * width)
    if config["model_type"] == "qwen3_moe":
        yield "q_norm.weight", (width,)
        yield "k_norm.weight", (width,)
    if config["model_type"] == "olmoe":
        yield "q_norm.weight", (heads * width,)
        yield "k_norm.weight", (key_heads * width,)


def feed_forward_shapes(prefix, hidden, inner, names=("gate_proj", "up_proj", "down_proj")):
    gate, up, down = names
    yield f"{prefix}{gate}.weight", (inner, hidden)
    yield f"{prefix}{up}.weight", (inner, hidden)
    yield f"{prefix}{down}.weight", (hidden, inner)


def block_shapes(config, layer):
    hidden, mixtral = config["hidden_size"], config["model_type"] == "mixtral"
    if not has_experts(config, layer):
        yield from feed_forward_shapes("mlp.", hidden, config["intermediate_size"])
        return
    prefix = "block_sparse_moe." if mixtral else "mlp."
    inner = config.get("moe_intermediate_size", config["intermediate_size"])
    experts = config.get("n_routed_experts") or config.get("num_experts") or config["num_local_experts"]
    yield prefix + "gate.weight", (experts, hidden)
    if config.get("topk_method") == "noaux_tc":
        yield prefix + "gate.e_score_correction_bias", (experts,)
    for expert in range(experts):
        names = ("w1", "w3", "w2") if mixtral else ("gate_proj", "up_proj", "down_proj")
        yield from feed_forward_shapes(f"{prefix}experts.{expert}.", hidden, inner, names)
    if config.get("n_shared_experts"):
        yield from feed_forward_shapes(prefix + "shared_experts.", hidden, inner * config["n_shared_experts"])


def shapes(config):
    """(name, shape) of every tensor of the checkpoint."""
    hidden = config["hidden_size"]
    yield "model.embed_tokens.weight", (config["vocab_size"], hidden)
    for layer in range(config["num_hidden_layers"]):
        prefix = f"model.layers.{layer}."
        yield prefix + "input_layernorm.weight", (hidden,)
        yield prefix + "post_attention_layernorm.weight", (hidden,)
        for name, shape in attention_shapes(config):
            yield f"{prefix}self_attn.{name}", shape
        for name, shape in block_shapes(config, layer):
            yield prefix + name, shape
    yield "model.norm.weight", (hidden,)
    if not config["tie_word_embeddings"]:
        yield "lm_head.weight", (config["vocab_size"], hidden)


def random_tensors(config, dtype, seed):
    """{name: (values, dtype)}. Linear maps keep the size of what they map, so that no part of the model fades; gates and the
    projections of attention are larger, so that neither choice nor attention is nearly even. Biases of choice are above 0: published
    gates mask the groups left out by 0 or by -inf, and both choose alike where no biased score is negative."""
    random, tensors = np.random.RandomState(seed), {}
    for name, shape in shapes(config):
        values = random.standard_normal(shape)
        stored = dtype
        if name.endswith("e_score_correction_bias"):
            values, stored = 0.2 + 0.15 * np.tanh(values), "F32"
        elif len(shape) == 1:
            values = 1 + 0.25 * values
        elif name == "model.embed_tokens.weight":
            values *= 0.25 if config["tie_word_embeddings"] else 1.0
        else:
            attention = 1.25 if config["model_type"] in LATENT else 1.6
            gain = 2.0 if name.endswith("gate.weight") else attention if "self_attn" in name else 1.2 if ".mlp." in name else 1.0
            values *= gain / np.sqrt(shape[1])
        tensors[name] = (tensorfile.round_to(values, stored), stored)
    return tensors


def write_json(path, value):
    with open(path, "w", newline="\n") as file:
        file.write(json.dumps(value, indent=2) + "\n")


def save(folder, config, tensors, files):
    """config.json and model.safetensors, or so many shards with their index."""
    os.makedirs(folder, exist_ok=True)
    write_json(os.path.join(folder, "config.json"), dict(sorted(config.items())))
    if files == 1:
        tensorfile.write(os.path.join(folder, "model.safetensors"), tensors, {"format": "pt"})
        return
    names, total, index = list(tensors), 0, {}
    for shard in range(files):
        file = f"model-{shard + 1:05}-of-{files:05}.safetensors"
        held = names[len(names) * shard // files:len(names) * (shard + 1) // files]
        total += tensorfile.write(os.path.join(folder, file), {name: tensors[name] for name in held}, {"format": "pt"})
        index |= {name: file for name in held}
    parameters = sum(np.size(values) for values, _ in tensors.values())
    write_json(os.path.join(folder, "model.safetensors.index.json"), {
        "metadata": {"total_parameters": parameters, "total_size": total}, "weight_map": dict(sorted(index.items()))})
