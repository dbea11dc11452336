"""Counts expert load, top-1 transitions and co-activation of a trace with numpy: the baseline of the counting benchmark.

usage: counting.py TRACE COUNTS REPEATS
Writes load [L, E], transitions [L - 1, E, E] and co-activation [L, E, E] as int64 to COUNTS and prints the seconds of each repeat.
The ids are combined and counted in chunks of tokens, so that the temporaries of a chunk stay in the cache.
"""
import json
import sys
import time

import numpy as np

CHUNK = 1 << 15


def read_ids(path):
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
    tensor = header["expert_ids"]
    experts = json.loads(header["__metadata__"]["model"])["experts"]
    begin = 8 + length + tensor["data_offsets"][0]
    return np.memmap(path, np.uint8, "r", begin, tuple(tensor["shape"])), experts


def count(ids, experts):
    tokens, layers, top_k = ids.shape
    square = experts * experts
    load = np.zeros((layers, experts), np.int64)
    transitions = np.zeros((layers - 1, square), np.int64)
    pairs = np.zeros((layers, square), np.int64)
    for begin in range(0, tokens, CHUNK):
        # bincount wants the platform's integer: converting once, choice by choice contiguous, beats letting it convert each time.
        chunk = np.ascontiguousarray(ids[begin:begin + CHUNK].transpose(1, 2, 0)).astype(np.intp)
        for layer in range(layers):
            cell = chunk[layer]
            rows = cell * experts
            load[layer] += np.bincount(cell.ravel(), minlength=experts)
            if layer + 1 < layers:
                transitions[layer] += np.bincount(rows[0] + chunk[layer + 1, 0], minlength=square)
            for i in range(top_k):
                for j in range(i + 1, top_k):
                    pairs[layer] += np.bincount(rows[i] + cell[j], minlength=square)
    pairs = pairs.reshape(layers, experts, experts)
    return load, transitions, pairs + pairs.transpose(0, 2, 1)


def main():
    trace, output, repeats = sys.argv[1], sys.argv[2], int(sys.argv[3])
    ids, experts = read_ids(trace)
    int(ids.sum(dtype=np.int64))  # every page is in memory before the first repeat
    seconds, core_seconds = [], []
    for _ in range(repeats):
        start, cores = time.perf_counter(), time.process_time()
        counts = count(ids, experts)
        seconds.append(time.perf_counter() - start)
        core_seconds.append(time.process_time() - cores)
    with open(output, "wb") as file:
        for array in counts:
            file.write(np.ascontiguousarray(array).tobytes())
    print(json.dumps({"numpy": np.__version__, "seconds": sorted(seconds), "coreSeconds": sorted(core_seconds)}))


main()
