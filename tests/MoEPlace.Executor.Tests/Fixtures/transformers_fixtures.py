"""Holds the fixtures beside this file against transformers (5.x): same checkpoints, same prompts, logits and chosen experts.

Needs torch, transformers and safetensors; run `python3 transformers_fixtures.py [--dtype float64] [--device cpu] [FOLDER ...]`.
Exits 1 where logits differ by more than 1e-4 of the largest, or any token's experts differ."""

import argparse
import math
import os
import sys

import torch
import transformers
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

HERE = os.path.dirname(os.path.abspath(__file__))
FOLDERS = ("mixtral", "qwen3-moe", "olmoe", "deepseek-v2-lite", "deepseek-v3")
TOLERANCE = 1e-4


def load(folder, dtype, device):
    """Eager attention and eager experts: the plain definitions, in any dtype."""
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, attn_implementation="eager", experts_implementation="eager")
    return model.to(device).eval()


def mend_scaling(model):
    """transformers before 5.17 left YaRN's factor of all scores out of DeepSeek-V2, unlike DeepSeek's own code; says so and puts it in."""
    rope = getattr(model.config, "rope_parameters", None) or {}
    if not hasattr(model.config, "kv_lora_rank") or not rope.get("mscale_all_dim"):
        return
    width = model.config.qk_nope_head_dim + model.config.qk_rope_head_dim
    scaling = width ** -0.5 * (0.1 * rope["mscale_all_dim"] * math.log(rope["factor"]) + 1) ** 2
    for name, module in model.named_modules():
        if name.endswith("self_attn") and abs(module.scaling - scaling) > 1e-9:
            print(f"  {name}: this transformers scales scores by {module.scaling:.6f}; corrected to {scaling:.6f}")
            module.scaling = scaling


def watch_experts(model):
    """Collects what each MoE layer's experts are called with: a list of (index, weights) [tokens, k], one for each layer in order."""
    calls = []

    def note(module, args, kwargs):
        tensors = [value for value in (*args, *kwargs.values()) if torch.is_tensor(value)]
        index = next(value for value in tensors if not value.is_floating_point())
        weights = next(value for value in tensors if value.is_floating_point() and value.shape == index.shape)
        calls.append((index.detach().cpu(), weights.detach().cpu().double()))

    for name, module in model.named_modules():
        if name.split(".")[-1] == "experts":
            module.register_forward_pre_hook(note, with_kwargs=True)
    return calls


def run(model, expected, device):
    """Logits [tokens, vocabulary], and experts and weights [tokens, moeLayers, k] in descending order of weight."""
    calls, parts = watch_experts(model), []
    for number in range(int(expected["sequence"].max()) + 1):
        tokens = expected["tokens"][expected["sequence"] == number].long()
        calls.clear()
        with torch.no_grad():
            logits = model(input_ids=tokens[None].to(device), use_cache=False).logits[0].cpu().double()
        weights, order = torch.stack([call[1] for call in calls], 1).sort(-1, descending=True)
        experts = torch.stack([call[0] for call in calls], 1).gather(-1, order)
        parts.append((logits, experts, weights))
    return (torch.cat(part) for part in zip(*parts))


def compare(name, dtype, device):
    folder = os.path.join(HERE, name)
    expected = load_file(os.path.join(folder, "expected.safetensors"))
    model = load(folder, dtype, device)
    mend_scaling(model)
    logits, experts, weights = run(model, expected, device)
    difference = ((logits - expected["logits"]).abs().max() / expected["logits"].abs().max()).item()
    others = int((experts != expected["experts"]).any(-1).any(-1).sum())
    apart = (weights - expected["weights"]).abs().max().item()
    good = difference <= TOLERANCE and others == 0 and apart <= TOLERANCE
    print(f"{name}: max|diff|/max|logit| {difference:.2e}, tokens with other experts {others} of {len(logits)}, "
          f"max|diff| of weights {apart:.2e}: {'same' if good else 'DIFFERENT'}")
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", default=FOLDERS)
    parser.add_argument("--dtype", choices=("float32", "float64"), default="float32")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    options = parser.parse_args()
    device = torch.cuda.get_device_name() if options.device.startswith("cuda") else "CPU"
    print(f"torch {torch.__version__}, transformers {transformers.__version__}, {device}, {options.dtype}")
    return 0 if all([compare(name, getattr(torch, options.dtype), options.device) for name in options.folders]) else 1


if __name__ == "__main__":
    sys.exit(main())
