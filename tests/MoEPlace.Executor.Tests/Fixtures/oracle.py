"""Makes the fixtures beside this file with numpy alone, then holds them against the laws; with --check it makes nothing and holds what
lies there against a fresh computation too. Names of folders restrict it to those."""

import os
import sys

sys.dont_write_bytecode = True

import numpy as np

import checkpoints
import laws
import tensorfile
from layouts import LAYOUTS
from model import Model

HERE = os.path.dirname(os.path.abspath(__file__))
LENGTHS = (5, 17, 24)
LEAST_MARGIN = 1e-3


def prompts(config, seed):
    """Token ids from 3 on: those below are special."""
    random = np.random.RandomState(seed + 1_000_000)
    return [random.randint(3, config["vocab_size"], length) for length in LENGTHS]


def draw(config, dtype, seed):
    """The first seed from this on whose gates decide every token by a clear margin: (seed, tensors, prompts)."""
    while True:
        tensors, sequences = checkpoints.random_tensors(config, dtype, seed), prompts(config, seed)
        if np.min(Model(config, {name: values for name, (values, _) in tensors.items()}).run(sequences)[3]) > LEAST_MARGIN:
            return seed, tensors, sequences
        seed += 1


def expected(model, sequences):
    logits, experts, weights, _ = model.run(sequences)
    numbers = np.repeat(np.arange(len(sequences)), [len(sequence) for sequence in sequences])
    return {"tokens": (np.concatenate(sequences), "I32"), "sequence": (numbers, "I32"), "logits": (logits, "F32"),
            "experts": (experts, "I32"), "weights": (weights, "F32")}


def make(folder, config, dtype, files, seed):
    seed, tensors, sequences = draw(config, dtype, seed)
    checkpoints.save(folder, config, tensors, files)
    tensorfile.write(os.path.join(folder, "expected.safetensors"), expected(Model.open(folder), sequences))
    return seed


def compare(folder):
    """Holds the expectation in a folder against the checkpoint in it, and the laws against both: a line of figures."""
    model, held = Model.open(folder), tensorfile.read(os.path.join(folder, "expected.safetensors"))
    sequences = [held["tokens"][held["sequence"] == number] for number in range(held["sequence"][-1] + 1)]
    for name, (values, _) in expected(model, sequences).items():
        if np.shape(values) != held[name].shape or not np.allclose(values, held[name], rtol=1e-6, atol=1e-6):
            raise AssertionError(f"{folder}: {name} differs from a fresh computation; remake the fixtures")
    mistake, moved = laws.hold(model, sequences)
    size = sum(os.path.getsize(os.path.join(folder, file)) for file in os.listdir(folder))
    return (f"{size} bytes, max|logit| {np.max(np.abs(held['logits'])):.2f}, deviation {np.std(held['logits']):.2f}, "
            f"least margin of a gate {np.min(model.run(sequences)[3]):.1e}, faintest mistake {mistake} ({moved:.1e} of max|logit|)")


def main():
    names = [name for name in sys.argv[1:] if name != "--check"] or list(LAYOUTS)
    laws.rope_holds()
    for name in names:
        folder = os.path.join(HERE, name)
        seed = "" if "--check" in sys.argv else f"seed {make(folder, *LAYOUTS[name])}, "
        print(f"{name}: {seed}{compare(folder)}")


if __name__ == "__main__":
    main()
