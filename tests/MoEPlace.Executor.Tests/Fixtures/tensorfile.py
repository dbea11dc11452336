"""Reads and writes safetensors files (little-endian JSON header, then the tensors) with numpy alone."""

import json
import struct

import numpy as np

SIZES = {"F64": 8, "F32": 4, "I32": 4, "BF16": 2}


def to_bfloat16(values):
    """The bit patterns (uint16) of the bfloat16 nearest to each value, halves to even; values are finite."""
    bits = np.ascontiguousarray(values, np.float32).view(np.uint32).astype(np.uint64)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)


def from_bfloat16(patterns):
    return (patterns.astype(np.uint32) << 16).view(np.float32)


def encode(values, dtype):
    if dtype == "BF16":
        return to_bfloat16(values).astype("<u2").tobytes()
    return np.ascontiguousarray(values, {"F32": "<f4", "I32": "<i4"}[dtype]).tobytes()


def decode(raw, dtype, shape):
    if dtype == "BF16":
        return from_bfloat16(np.frombuffer(raw, "<u2")).reshape(shape)
    return np.frombuffer(raw, {"F32": "<f4", "I32": "<i4", "F64": "<f8"}[dtype]).reshape(shape)


def round_to(values, dtype):
    """The values as float64, as a reader of a file of this dtype gets them."""
    return decode(encode(values, dtype), dtype, np.shape(values)).astype(np.float64)


def write(path, tensors, metadata=None):
    """Writes {name: (values, dtype)}, widest dtype first, then by name, as the safetensors library orders them."""
    names = sorted(tensors, key=lambda name: (-SIZES[tensors[name][1]], name))
    header, body = ({"__metadata__": metadata} if metadata else {}), bytearray()
    for name in names:
        values, dtype = tensors[name]
        raw = encode(values, dtype)
        header[name] = {"dtype": dtype, "shape": list(np.shape(values)), "data_offsets": [len(body), len(body) + len(raw)]}
        body += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + bytes(body))
    return len(body)


def read(path):
    """{name: values} of a file; floating values of any width keep theirs (BF16 comes as float32)."""
    with open(path, "rb") as file:
        data = file.read()
    (length,) = struct.unpack("<Q", data[:8])
    header, body = json.loads(data[8:8 + length]), data[8 + length:]
    header.pop("__metadata__", None)
    return {name: decode(body[slice(*entry["data_offsets"])], entry["dtype"], entry["shape"]) for name, entry in header.items()}
