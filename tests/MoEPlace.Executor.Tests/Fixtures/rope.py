"""Rotary positions: frequencies (plain, YaRN) and the two ways in which checkpoints pair the dimensions."""

import math

import numpy as np


def settings(config):
    """(theta, scaling or None): `rope_parameters` of transformers 5, or `rope_theta` and `rope_scaling` of published files."""
    parameters = dict(config.get("rope_parameters") or config.get("rope_scaling") or {})
    theta = parameters.pop("rope_theta", config.get("rope_theta"))
    kind = parameters.get("rope_type", parameters.get("type", "default"))
    if kind not in ("default", "yarn"):
        raise ValueError(f"rope type {kind} is not among those that the oracle knows")
    return float(theta), parameters if kind == "yarn" else None


def magnitude(factor, mscale):
    """Peng et al. 2023 (YaRN), section 3.4: sqrt(1/t) = 0.1 ln s + 1, with DeepSeek's multiplier of the logarithm."""
    return 1.0 if factor <= 1 else 0.1 * mscale * math.log(factor) + 1.0


def frequencies(width, theta, yarn):
    """Radians per position of each of the width/2 pairs."""
    plain = theta ** (-np.arange(0, width, 2) / width)
    if yarn is None:
        return plain

    def pair_that_turns(times):
        """The (fractional) pair that makes so many turns over the original context: theta^(-2d/width) L = 2 pi times."""
        return width * math.log(yarn["original_max_position_embeddings"] / (2 * math.pi * times)) / (2 * math.log(theta))

    low = max(math.floor(pair_that_turns(yarn.get("beta_fast") or 32)), 0)
    high = min(math.ceil(pair_that_turns(yarn.get("beta_slow") or 1)), width - 1)
    ramp = np.clip((np.arange(width // 2) - low) / ((high - low) or 0.001), 0, 1)
    return plain * (1 - ramp) + plain / yarn["factor"] * ramp


def cosine_factor(yarn):
    """What multiplies cosine and sine, on queries and on keys."""
    if yarn is None:
        return 1.0
    if yarn.get("mscale") and yarn.get("mscale_all_dim"):
        return magnitude(yarn["factor"], yarn["mscale"]) / magnitude(yarn["factor"], yarn["mscale_all_dim"])
    return magnitude(yarn["factor"], 1)


def score_factor(yarn):
    """What multiplies all scores of latent attention, parts without position included."""
    return magnitude(yarn["factor"], yarn.get("mscale_all_dim") or 0) ** 2 if yarn else 1.0


def angles(width, theta, yarn, positions):
    """[positions, width/2] radians."""
    return np.outer(positions, frequencies(width, theta, yarn))


def rotate_halves(x, angle, factor=1.0):
    """x [..., positions, width]: dimension i turns with dimension i + width/2 (Llama, Mixtral, Qwen, OLMoE)."""
    half = x.shape[-1] // 2
    a, b, cos, sin = x[..., :half], x[..., half:], np.cos(angle) * factor, np.sin(angle) * factor
    return np.concatenate([a * cos - b * sin, b * cos + a * sin], -1)


def rotate_pairs(x, angle, factor=1.0):
    """x [..., positions, width]: dimension 2i turns with dimension 2i + 1 (DeepSeek's checkpoints); the order stays."""
    a, b, cos, sin = x[..., 0::2], x[..., 1::2], np.cos(angle) * factor, np.sin(angle) * factor
    return np.stack([a * cos - b * sin, b * cos + a * sin], -1).reshape(x.shape)
