"""The oracle: the logits and the chosen experts of a checkpoint folder, computed in float64."""

import glob
import json
import os

import numpy as np

import tensorfile
from attention import grouped_query, latent, rms_norm
from gates import choose

LATENT = ("deepseek_v2", "deepseek_v3")


def has_experts(config, layer):
    """Whether a layer is an MoE layer."""
    if config["model_type"] in LATENT:
        return layer >= config["first_k_dense_replace"]
    if config["model_type"] == "qwen3_moe":
        return layer not in config["mlp_only_layers"] and (layer + 1) % config["decoder_sparse_step"] == 0
    return True


def feed_forward(x, w, prefix, names=("gate_proj", "up_proj", "down_proj")):
    """SwiGLU: down(silu(gate x) * up x)."""
    gate, up, down = (w[f"{prefix}{name}.weight"] for name in names)
    inner = x @ gate.T
    return (inner / (1 + np.exp(-inner)) * (x @ up.T)) @ down.T


class Model:
    """A checkpoint: its config.json and its tensors by name, as float64."""

    def __init__(self, config, tensors):
        self.config = config
        self.tensors = {name: values.astype(np.float64) for name, values in tensors.items()}

    @staticmethod
    def open(folder):
        with open(os.path.join(folder, "config.json")) as file:
            config = json.load(file)
        tensors = {}
        for path in sorted(glob.glob(os.path.join(folder, "model*.safetensors"))):
            tensors.update(tensorfile.read(path))
        return Model(config, tensors)

    def part(self, prefix):
        return {name[len(prefix):]: values for name, values in self.tensors.items() if name.startswith(prefix)}

    def experts(self, x, w):
        """The MoE block of one layer: (output, (experts, weights, margins))."""
        mixtral = self.config["model_type"] == "mixtral"
        names = ("w1", "w3", "w2") if mixtral else ("gate_proj", "up_proj", "down_proj")
        routing = choose(x @ w["gate.weight"].T, self.config, w.get("gate.e_score_correction_bias"))
        out = np.zeros_like(x)
        for token, (chosen, weights) in enumerate(zip(*routing[:2])):
            for expert, weight in zip(chosen, weights):
                out[token] += weight * feed_forward(x[token], w, f"experts.{expert}.", names)
        if self.config.get("n_shared_experts"):
            out += feed_forward(x, w, "shared_experts.")
        return out, routing

    def forward(self, tokens, start=0, caches=None):
        """One sequence, or its next tokens from position start: (logits [tokens, vocabulary], routing of each MoE layer)."""
        epsilon = self.config["rms_norm_eps"]
        attention = latent if self.config["model_type"] in LATENT else grouped_query
        x, routings = self.tensors["model.embed_tokens.weight"][tokens], []
        for layer in range(self.config["num_hidden_layers"]):
            w = self.part(f"model.layers.{layer}.")
            block = {name.split(".", 1)[1]: values for name, values in w.items() if name.startswith(("mlp.", "block_sparse_moe."))}
            own = {name.split(".", 1)[1]: values for name, values in w.items() if name.startswith("self_attn.")}
            cache = None if caches is None else caches.setdefault(layer, [])
            x = x + attention(rms_norm(x, w["input_layernorm.weight"], epsilon), own, self.config, start, cache)
            inner = rms_norm(x, w["post_attention_layernorm.weight"], epsilon)
            if has_experts(self.config, layer):
                out, routing = self.experts(inner, block)
                routings.append(routing)
            else:
                out = feed_forward(inner, block, "")
            x = x + out
        head = self.tensors["model.embed_tokens.weight" if self.config["tie_word_embeddings"] else "lm_head.weight"]
        return rms_norm(x, self.tensors["model.norm.weight"], epsilon) @ head.T, routings

    def run(self, sequences):
        """All sequences, teacher-forced: logits [tokens, vocabulary], experts and weights [tokens, moeLayers, k], margins [tokens]."""
        logits, experts, weights, margins = [], [], [], []
        for sequence in sequences:
            out, routings = self.forward(np.asarray(sequence))
            logits.append(out)
            experts.append(np.stack([routing[0] for routing in routings], 1))
            weights.append(np.stack([routing[1] for routing in routings], 1))
            margins.append(np.min([routing[2] for routing in routings], 0))
        return tuple(np.concatenate(parts) for parts in (logits, experts, weights, margins))
