"""Puts recorded routing of DeepSeek-V2-Lite (../shared/data/traces/deepseek-v2-lite-esft, domain translation) into a `stat` dump
as SGLang writes it, because no SGLang runs where the tests do: python3 make_sglang_stat.py. Needs numpy, no torch."""
import io
import pathlib
import pickle
import sys
import types
import zipfile

import numpy

HERE = pathlib.Path(__file__).parent
DATA = HERE / "../../../../shared/data/traces/deepseek-v2-lite-esft"
HIDDEN_LAYERS, EXPERTS, WINDOWS = 27, 64, 8  # layer 0 is dense

ids = numpy.load(DATA / "translation.ids.u8.npy", mmap_mode="r")
counts = numpy.zeros((WINDOWS, HIDDEN_LAYERS, EXPERTS), numpy.int32)
for window, rows in enumerate(numpy.array_split(ids, WINDOWS)):
    for layer in range(HIDDEN_LAYERS - 1):
        counts[window, layer + 1] = numpy.bincount(rows[:, layer].reshape(-1), minlength=EXPERTS)

torch, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")
class IntStorage: pass
def _rebuild_tensor_v2(*_): pass
IntStorage.__module__, _rebuild_tensor_v2.__module__ = "torch", "torch._utils"
torch.IntStorage, torch._utils, utils._rebuild_tensor_v2 = IntStorage, utils, _rebuild_tensor_v2
sys.modules.update({"torch": torch, "torch._utils": utils})


class Tensor:
    def __reduce__(self):
        import collections
        strides = (HIDDEN_LAYERS * EXPERTS, EXPERTS, 1)
        return _rebuild_tensor_v2, (Storage(), 0, counts.shape, strides, False, collections.OrderedDict())


class Storage: pass


class Pickler(pickle.Pickler):
    def persistent_id(self, value):
        return ("storage", IntStorage, "0", "cuda:0", counts.size) if isinstance(value, Storage) else None


stream = io.BytesIO()
Pickler(stream, protocol=2).dump({"rank": 0, "logical_count": Tensor(), "average_utilization_rate_over_window": None})
name = "sglang_stat_deepseek_v2_lite"
with zipfile.ZipFile(HERE / f"{name}.pt", "w", zipfile.ZIP_STORED) as archive:
    for path, content in (("data.pkl", stream.getvalue()), ("data/0", counts.tobytes()), ("version", b"3\n")):
        archive.writestr(zipfile.ZipInfo(f"{name}/{path}"), content)
