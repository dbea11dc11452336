"""Causal self-attention of one layer: grouped queries, and multi-head latent attention (DeepSeek-V2, section 2.1)."""

import numpy as np

import rope


def rms_norm(x, weight, epsilon):
    return x / np.sqrt(np.mean(x * x, -1, keepdims=True) + epsilon) * weight


def softmax(x):
    e = np.exp(x - np.max(x, -1, keepdims=True))
    return e / np.sum(e, -1, keepdims=True)


def attend(scores, start):
    """Scores [heads, queries, keys] to weights; query i stands at position start + i and sees keys up to its own."""
    queries, keys = scores.shape[-2:]
    hidden = np.arange(keys)[None, :] > start + np.arange(queries)[:, None]
    return softmax(np.where(hidden, -np.inf, scores))


def extend(cache, *parts):
    """Appends along the positions (axis -2) and returns all so far; a cache is a list, empty at first, or None."""
    if cache is None:
        return parts
    cache[:] = [np.concatenate([old, new], -2) for old, new in zip(cache, parts)] if cache else parts
    return cache


def grouped_query(x, w, config, start=0, cache=None):
    """x [tokens, hidden] at positions from start. Query head h reads key head h / (heads / keyHeads)."""
    heads, key_heads = config["num_attention_heads"], config["num_key_value_heads"]
    width = config.get("head_dim") or config["hidden_size"] // heads
    epsilon = config["rms_norm_eps"]
    q, k, v = (x @ w[name + "_proj.weight"].T for name in "qkv")
    if config["model_type"] == "olmoe":
        q, k = rms_norm(q, w["q_norm.weight"], epsilon), rms_norm(k, w["k_norm.weight"], epsilon)
    q, k, v = (part.reshape(len(x), count, width).swapaxes(0, 1) for part, count in ((q, heads), (k, key_heads), (v, key_heads)))
    if config["model_type"] == "qwen3_moe":
        q, k = rms_norm(q, w["q_norm.weight"], epsilon), rms_norm(k, w["k_norm.weight"], epsilon)
    angle = rope.angles(width, *rope.settings(config), start + np.arange(len(x)))
    k, v = extend(cache, rope.rotate_halves(k, angle), v)
    k, v = (np.repeat(part, heads // key_heads, 0) for part in (k, v))
    scores = rope.rotate_halves(q, angle) @ k.swapaxes(1, 2) * width ** -0.5
    return (attend(scores, start) @ v).swapaxes(0, 1).reshape(len(x), heads * width) @ w["o_proj.weight"].T


def latent(x, w, config, start=0, cache=None):
    """Latent attention. Without a cache keys and values are expanded from the latent, as in training; with one only the latent
    and the turned shared key are kept, and the up-projections are absorbed into query and output: the same numbers by another way."""
    heads, rank = config["num_attention_heads"], config["kv_lora_rank"]
    plain, turned, value = config["qk_nope_head_dim"], config["qk_rope_head_dim"], config["v_head_dim"]
    theta, yarn = rope.settings(config)
    epsilon = 1e-6  # the norms of the low ranks have an epsilon of their own
    if config.get("q_lora_rank"):
        q = rms_norm(x @ w["q_a_proj.weight"].T, w["q_a_layernorm.weight"], epsilon) @ w["q_b_proj.weight"].T
    else:
        q = x @ w["q_proj.weight"].T
    q = q.reshape(len(x), heads, plain + turned).swapaxes(0, 1)
    compressed = x @ w["kv_a_proj_with_mqa.weight"].T
    low = rms_norm(compressed[:, :rank], w["kv_a_layernorm.weight"], epsilon)
    angle, factor = rope.angles(turned, theta, yarn, start + np.arange(len(x))), rope.cosine_factor(yarn)
    q_turned = rope.rotate_pairs(q[..., plain:], angle, factor)
    low, k_turned = extend(cache, low, rope.rotate_pairs(compressed[:, rank:], angle, factor))
    up = w["kv_b_proj.weight"].reshape(heads, plain + value, rank)
    up_key, up_value = up[:, :plain], up[:, plain:]
    if cache is None:
        scores = q[..., :plain] @ (low @ up_key.swapaxes(1, 2)).swapaxes(1, 2)
    else:
        scores = (q[..., :plain] @ up_key) @ low.T
    scale = (plain + turned) ** -0.5 * rope.score_factor(yarn)
    weights = attend((scores + q_turned @ k_turned.T) * scale, start)
    if cache is None:
        out = weights @ (low @ up_value.swapaxes(1, 2))
    else:
        out = (weights @ low) @ up_value.swapaxes(1, 2)
    return out.swapaxes(0, 1).reshape(len(x), heads * value) @ w["o_proj.weight"].T
