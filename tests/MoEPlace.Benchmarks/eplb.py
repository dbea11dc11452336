"""Balances expert load as DeepSeek's EPLB describes it, with numpy: the baseline of the EPLB benchmark.

usage: eplb.py WEIGHTS MAP REPEATS LAYERS EXPERTS SLOTS GROUPS NODES RANKS
Reads weights [L, E] as int64, writes the map [L, slots] slot -> expert as int32 and prints the seconds of each repeat.
Steps that are the same for all layers are done for all layers at once; packing goes item by item, as each choice depends on those before.
"""
import json
import sys
import time

import numpy as np


def pack(weight, packs):
    """[rows, items] -> pack and place of each item: the heaviest first, each to the lightest pack with room."""
    rows, items = weight.shape
    room = items // packs
    if room == 1:
        return np.tile(np.arange(items), (rows, 1)), np.zeros((rows, items), np.int64)
    order = np.argsort(-weight, axis=1, kind="stable")
    pack_of = np.empty((rows, items), np.int64)
    place_of = np.empty((rows, items), np.int64)
    row = np.arange(rows)
    load = np.zeros((rows, packs), np.float32)
    held = np.zeros((rows, packs), np.int64)
    for item in order.T:
        lightest = np.where(held < room, load, np.float32(np.inf)).argmin(axis=1)
        pack_of[row, item] = lightest
        place_of[row, item] = held[row, lightest]
        load[row, lightest] += weight[row, item]
        held[row, lightest] += 1
    return pack_of, place_of


def replicate(weight, slots):
    """[rows, items] -> item of each slot, replicas of each item: one more always for the item with the most load per replica."""
    rows, items = weight.shape
    item_of = np.tile(np.arange(slots), (rows, 1))
    copies = np.ones((rows, items), np.int64)
    row = np.arange(rows)
    for slot in range(items, slots):
        busiest = (weight / copies.astype(np.float32)).argmax(axis=1)
        item_of[:, slot] = busiest
        copies[row, busiest] += 1
    return item_of, copies


def rebalance(weights, slots, groups, nodes, ranks):
    layers, experts = weights.shape
    if groups % nodes:
        groups, nodes = 1, 1
    size = experts // groups
    weight = weights.astype(np.float32)
    pack_of, place_of = pack(weight.reshape(layers, groups, size).sum(axis=2), nodes)
    first = (pack_of * (groups // nodes) + place_of) * size
    position = (first[:, :, None] + np.arange(size)).reshape(layers, experts)
    ordered = np.argsort(position, axis=1)
    local = np.take_along_axis(weight, ordered, 1).reshape(layers * nodes, experts // nodes)
    item_of, copies = replicate(local, slots // nodes)
    share = np.take_along_axis(local / copies.astype(np.float32), item_of, 1)
    rank_of, slot_of = pack(share, ranks // nodes)
    expert = np.take_along_axis(ordered.reshape(layers * nodes, -1), item_of, 1)
    result = np.empty_like(expert)
    np.put_along_axis(result, rank_of * (slots // ranks) + slot_of, expert, 1)
    return result.reshape(layers, slots)


def main():
    weights, output = sys.argv[1], sys.argv[2]
    repeats, layers, experts, slots, groups, nodes, ranks = map(int, sys.argv[3:])
    weight = np.fromfile(weights, np.int64).reshape(layers, experts)
    seconds, core_seconds = [], []
    for i in range(-1, repeats):
        start, cores = time.perf_counter(), time.process_time()
        result = rebalance(weight, slots, groups, nodes, ranks)
        if i >= 0:
            seconds.append(time.perf_counter() - start)
            core_seconds.append(time.process_time() - cores)
    result.astype(np.int32).tofile(output)
    print(json.dumps({"numpy": np.__version__, "seconds": sorted(seconds), "coreSeconds": sorted(core_seconds)}))


main()
