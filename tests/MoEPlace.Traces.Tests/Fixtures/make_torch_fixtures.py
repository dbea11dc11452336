"""Writes the .pt files beside this script with torch.save, so that the tests need no torch.

Run with any torch from 1.6 on: python3 make_torch_fixtures.py
The values follow simple formulas, which the tests repeat.
"""
import collections
import pathlib

import torch

HERE = pathlib.Path(__file__).parent
LAYERS, EXPERTS, SLOTS, COLUMNS = 3, 4, 6, 8  # layer 0 is dense
SLOT_MAP = [[0, 1, 2, 3, 0, 1], [3, 1, 0, 2, 1, 0], [2, 0, 1, 3, 3, 2]]

# Dumps of SGLang come from device tensors: their storages are tagged cuda:0.
torch.serialization.register_package(0, lambda storage: "cuda:0", lambda storage, location: storage)


def save(name, value):
    torch.save(value, HERE / name)


def stat():
    count = torch.zeros(4, LAYERS, EXPERTS, dtype=torch.int32)
    for step in range(4):
        for layer in range(1, LAYERS):
            for expert in range(EXPERTS):
                count[step, layer, expert] = 0 if step == 2 else 10 * step + 3 * layer + expert + 1
    save("sglang_stat.pt", {"rank": 0, "logical_count": count, "average_utilization_rate_over_window": None})


def physical_count(forward_pass, rank):
    count = torch.zeros(LAYERS, SLOTS, dtype=torch.int32)
    for layer in range(1, LAYERS):
        for slot in range(SLOTS):
            count[layer, slot] = 100 * forward_pass + 10 * rank + layer + slot
    return count


def per_pass():
    for rank, passes in ((0, (3, 4, 5)), (1, (4, 5))):  # pass 3 is not complete
        records = [
            {"forward_pass_id": p, "rank": rank, "gatherer_key": "primary", "global_physical_count": physical_count(p, rank)}
            for p in passes
        ]
        save(f"sglang_per_pass_{rank}.pt", {"records": records, "last_physical_to_logical_map": torch.tensor(SLOT_MAP)})


def topk(forward_pass, tokens):
    slots = torch.full((LAYERS, tokens, COLUMNS), -1, dtype=torch.int32)
    for layer in range(1, LAYERS):
        for token in range(tokens):
            for choice in range(2):
                logical = (forward_pass + token + layer + choice) % EXPERTS
                places = [s for s, e in enumerate(SLOT_MAP[layer]) if e == logical]
                slots[layer, token, choice] = places[token % len(places)]
    return slots


def token_record(forward_pass, rank, mode, positions, lengths):
    return {
        "forward_pass_id": forward_pass,
        "rank": rank,
        "gatherer_key": "primary",
        "input_ids": [70_000 * rank + 300 * forward_pass + i for i in range(len(positions))],
        "positions": positions,
        "extend_seq_lens": lengths,
        "forward_mode": mode,
        "topk_ids_of_layer": topk(forward_pass, len(positions)),
        "misc_objects": [{"layer_id": 1, "num_tokens_per_rank": [1, 2], "num_tokens_per_rdma_rank": None, "num_tokens_per_expert": [0.5, True]}],
    }


def per_token():
    ranks = {
        0: [(7, 1, [0, 1, 2, 0, 1], [3, 2]), (8, 2, [3, 2], None), (9, 4, [], None), (10, 3, [4, 0, 1], [1, 2])],
        1: [(7, 1, [0, 1], [2]), (8, 1, [2, 3], [2]), (9, 2, [4], None), (10, 4, [], [])],
    }
    for rank, passes in ranks.items():
        records = [token_record(p, rank, mode, positions, lengths) for p, mode, positions, lengths in passes]
        save(f"sglang_per_token_{rank}.pt", {"records": records, "last_physical_to_logical_map": torch.tensor(SLOT_MAP)})
    same = [token_record(p, 0, mode, positions, lengths) for p, mode, positions, lengths in ranks[0]]
    save("sglang_per_token_same.pt", {"records": [{**r, "rank": 1} for r in same], "last_physical_to_logical_map": torch.tensor(SLOT_MAP)})


def values():
    base = torch.arange(24, dtype=torch.int64).reshape(2, 3, 4)
    save("values.pt", collections.OrderedDict(
        transposed=base.permute(2, 0, 1),
        sliced=base[:, 1:, ::2],
        whole=base,
        u8=torch.tensor([0, 200, 255], dtype=torch.uint8),
        i8=torch.tensor([-128, 127], dtype=torch.int8),
        i16=torch.tensor([-30000, 30000], dtype=torch.int16),
        i32=torch.tensor([-2_000_000_000, 2_000_000_000], dtype=torch.int32),
        bools=torch.tensor([True, False]),
        floats=torch.tensor([0.5]),
        scalar=torch.tensor(42),
        plain=[1, -1, 255, 65_535, 70_000, -70_000, 1 << 40, -(1 << 62), None, True, 1.5, "ü", (1, (2, 3), "x")],
    ))


class Foreign:
    def __reduce__(self):
        return (print, ("a foreign global",))


stat()
per_pass()
per_token()
values()
save("foreign_global.pt", {"records": [Foreign()]})
torch.save({"logical_count": torch.zeros(1, 3, 4)}, HERE / "sglang_stat_floats.pt")
torch.save({"rank": 0}, HERE / "legacy_format.pt", _use_new_zipfile_serialization=False)
