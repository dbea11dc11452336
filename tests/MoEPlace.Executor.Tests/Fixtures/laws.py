"""Laws that hold for any correct model, and proof that the fixtures tell each convention from its common mistake."""

import numpy as np

import rope
from model import Model

SAME = 1e-9


def require(condition, what):
    if not condition:
        raise AssertionError(what)


def rope_holds():
    """A score depends on the distance alone; YaRN keeps fast pairs, divides slow ones by the factor, and is plain at factor 1."""
    random = np.random.RandomState(0)
    q, k = random.standard_normal((2, 1, 16))
    yarn = {"factor": 4.0, "original_max_position_embeddings": 16, "beta_fast": 2.0, "beta_slow": 0.25,
            "mscale": 1.0, "mscale_all_dim": 0.5}
    for turn in (rope.rotate_halves, rope.rotate_pairs):
        for scaling in (None, yarn):
            factor = rope.cosine_factor(scaling)

            def score(i, j):
                turned = [turn(x, rope.angles(16, 100.0, scaling, [at]), factor) for x, at in ((q, i), (k, j))]
                return (turned[0] @ turned[1].T).item()

            require(abs(score(9, 4) - score(25, 20)) < SAME, "a score depends on more than the distance")
            require(abs(score(9, 4) - score(9, 5)) > 1e-3, "a score does not depend on the distance")
            require(abs(score(7, 7) - (q @ k.T).item() * factor ** 2) < SAME, "at distance 0 a score is not plain")
    shuffle = np.arange(16).reshape(8, 2).T.reshape(-1)
    angle = rope.angles(16, 100.0, None, [5])
    halves = rope.rotate_halves(q[:, shuffle], angle)
    require(np.allclose(rope.rotate_pairs(q, angle)[:, shuffle], halves), "pairs are not halves, reordered")
    plain, scaled = rope.frequencies(16, 100.0, None), rope.frequencies(16, 100.0, yarn)
    require(plain[0] == scaled[0] == 1.0, "the fastest pair was scaled")
    require(np.allclose(scaled[-3:], plain[-3:] / 4), "slow pairs were not divided by the factor")
    require(np.all(np.diff(scaled / plain) <= 0) and 0.25 < scaled[3] / plain[3] < 1, "the ramp does not fall")
    require(np.allclose(rope.frequencies(16, 100.0, yarn | {"factor": 1.0}), plain), "factor 1 scales")
    require(abs(rope.magnitude(40, 0.707) ** 2 - 1.5896) < 1e-3, "DeepSeek-V2-Lite's own score factor is not 1.59")
    # Peng et al., equation 23, for Llama 2: pairs that turn over 32 times in 4096 positions are kept, under once are divided.
    turns = 4096 * rope.frequencies(128, 10000.0, None) / (2 * np.pi)
    ratio = rope.frequencies(128, 10000.0, {"factor": 16, "original_max_position_embeddings": 4096}) / rope.frequencies(128, 10000.0, None)
    require(np.all(ratio[turns > 36] == 1) and np.allclose(ratio[turns < 0.85], 1 / 16), "YaRN's borders are not at 32 turns and 1")


def hold(model, sequences):
    """All laws; returns the mistake that shows least, and by how much of max|logit|."""
    causal(model, sequences[1])
    decodes_alike(model, sequences[1])
    return matters(model, sequences)


def causal(model, sequence):
    changed = np.array(sequence)
    changed[9] = 3 + (changed[9] - 2) % (model.config["vocab_size"] - 3)
    before, after = model.forward(np.asarray(sequence))[0], model.forward(changed)[0]
    require(np.max(np.abs(before[:9] - after[:9])) < SAME, "a later token changes earlier logits")
    require(np.min(np.max(np.abs(before[9:] - after[9:]), -1)) > 1e-6, "a token does not change later logits")


def decodes_alike(model, sequence):
    """Prefill of 6, then token by token from the cache."""
    whole, caches = model.forward(np.asarray(sequence))[0], {}
    parts = [model.forward(sequence[:6], 0, caches)[0]]
    parts += [model.forward(sequence[at:at + 1], at, caches)[0] for at in range(6, len(sequence))]
    require(np.max(np.abs(whole - np.concatenate(parts))) < SAME, "decoding from the cache differs from the full pass")


def matters(model, sequences):
    """Each plausible misreading of a layout moves some logit of its fixture by far more than any tolerance."""
    truth, shown = model.run(sequences)[0], []
    for what, mistaken in mistakes(model):
        moved = np.max(np.abs(mistaken.run(sequences)[0] - truth)) / np.max(np.abs(truth))
        require(moved > 1e-2, f"the fixture does not show a mistake of {what}: {moved:.1e}")
        shown.append((moved, what))
    return min(shown)[::-1]


def mistakes(model):
    """(what, the model misread so)."""
    config, tensors = model.config, model.tensors

    def configured(**changes):
        return Model(config | changes, tensors)

    def rewritten(change):
        return Model(config, {name: change(name, values) for name, values in tensors.items()})

    def renamed(names):
        return Model(config, {".".join(names.get(part, part) for part in name.split(".")): values for name, values in tensors.items()})

    yield "gate against up", renamed({"gate_proj": "up_proj", "up_proj": "gate_proj", "w1": "w3", "w3": "w1"})
    yield "pairing of dimensions", rewritten(lambda name, values: pair_otherwise(name, values, config))
    if config["model_type"] != "mixtral":
        yield "renormalisation", configured(norm_topk_prob=not config["norm_topk_prob"])
    if config.get("routed_scaling_factor", 1) != 1:
        yield "routed scaling", configured(routed_scaling_factor=1.0)
    if config.get("n_shared_experts"):
        yield "shared experts", configured(n_shared_experts=0)
    if config.get("n_group", 1) > 1:
        yield "limited groups", configured(topk_group=config["n_group"])
        yield "bias of choice", rewritten(lambda name, values: values * 0 if name.endswith("correction_bias") else values)
    if config["model_type"] in ("qwen3_moe", "olmoe"):
        yield "norm of queries", rewritten(lambda name, values: np.ones_like(values) if name.endswith("q_norm.weight") else values)
    if config["num_key_value_heads"] < config["num_attention_heads"]:
        yield "grouping of query heads", rewritten(lambda name, values: deal_round(name, values, config))
    if "kv_lora_rank" in config:
        key = "rope_scaling" if "rope_scaling" in config else "rope_parameters"
        wrong = {"mscale_all_dim": 0.1, "mscale": 0.1, "beta_slow": 0.6, "original_max_position_embeddings": 64, "factor": 2.0}
        for field, value in wrong.items():
            yield "YaRN's " + field, configured(**{key: config[key] | {field: value}})
    else:
        yield "rope theta", configured(rope_theta=500.0, rope_parameters=None)


def pair_otherwise(name, values, config):
    """Reorders what turns, in queries and keys, so that halves are taken for pairs or pairs for halves."""
    latent = "kv_lora_rank" in config
    turned = ("q_proj", "q_b_proj", "k_proj", "kv_a_proj_with_mqa", "q_norm", "k_norm")
    if not name.endswith(tuple(part + ".weight" for part in turned)):
        return values
    heads = config["num_key_value_heads"] if ".k_" in name else 1 if ".kv_a_" in name else config["num_attention_heads"]
    if config["model_type"] == "qwen3_moe" and name.endswith("_norm.weight"):
        heads = 1
    parts = values.reshape(heads, -1, *values.shape[1:]).copy()
    width = config["qk_rope_head_dim"] if latent else parts.shape[1]
    halves = np.arange(width).reshape(2, -1).T.reshape(-1)
    parts[:, -width:] = parts[:, -width:][:, halves if latent else np.argsort(halves)]
    return parts.reshape(values.shape)


def deal_round(name, values, config):
    """Exchanges the queries of heads 1 and 2, and what their results go to, as if query heads were dealt round to the key heads."""
    heads, order = config["num_attention_heads"], [0, 2, 1, 3]
    if name.endswith("q_proj.weight"):
        return values.reshape(heads, -1, values.shape[1])[order].reshape(values.shape)
    if name.endswith("o_proj.weight"):
        return values.reshape(len(values), heads, -1)[:, order].reshape(values.shape)
    return values
