"""Which experts a token goes to, and with what weights."""

import numpy as np

from attention import softmax


def largest(scores, count):
    """Indices of the largest, descending; the lower index of equals."""
    return np.argsort(-scores, -1, kind="stable")[..., :count]


def gap(scores, count):
    """By how much the last of the chosen leads the first of the others."""
    ordered = -np.sort(-scores, -1)
    return ordered[..., count - 1] - ordered[..., count] if count < scores.shape[-1] else np.full(scores.shape[:-1], np.inf)


def choose(logits, config, bias=None):
    """logits [tokens, experts] to (experts [tokens, k] in descending order of weight, weights [tokens, k], margins [tokens]).
    A margin is the smallest difference that decides whom the token goes to, and in what order."""
    count = config["num_experts_per_tok"]
    if config.get("scoring_func", "softmax") == "sigmoid":
        scores = 1 / (1 + np.exp(-logits))
        wanted = scores + bias
        wanted, margins = limit_groups(wanted, config["n_group"], config["topk_group"])
    else:
        scores = wanted = softmax(logits)
        margins = np.full(len(logits), np.inf)
    margins = np.minimum(margins, gap(wanted, count))
    chosen = largest(wanted, count)
    weights = np.take_along_axis(scores, chosen, -1)
    order = largest(weights, count)
    chosen, weights = np.take_along_axis(chosen, order, -1), np.take_along_axis(weights, order, -1)
    if count > 1:
        margins = np.minimum(margins, np.min(weights[:, :-1] - weights[:, 1:], -1))
    if config["model_type"] == "mixtral" or config.get("norm_topk_prob"):
        weights = weights / np.sum(weights, -1, keepdims=True)
    return chosen, weights * config.get("routed_scaling_factor", 1.0), margins


def limit_groups(wanted, groups, kept):
    """DeepSeek-V3, section 2.1.2: a group's score is the sum of its two best; experts of the groups left out cannot be chosen."""
    by_group = wanted.reshape(len(wanted), groups, -1)
    scores = np.sum(-np.sort(-by_group, -1)[..., :2], -1)
    stays = np.zeros(scores.shape, bool)
    np.put_along_axis(stays, largest(scores, kept), True, -1)
    return np.where(stays[..., None], by_group, -np.inf).reshape(wanted.shape), gap(scores, kept)
