"""Checks that .nir files have the layout that nir 1.0.7 writes, with h5py; and reads them by nir itself where that can be imported.

    python check_layout.py FOLDER

Exits with 1 and says every difference. A file whose name ends in .data.nir holds recorded data, any other a graph.
"""

import sys
import warnings
from pathlib import Path

import h5py
import numpy as np

try:
    import nir
except ImportError:
    nir = None

FIELDS = {
    "Input": {"shape"},
    "Output": {"shape"},
    "Affine": {"weight", "bias"},
    "Linear": {"weight"},
    "Scale": {"scale"},
    "Conv1d": {"input_shape", "weight", "stride", "padding", "dilation", "groups", "bias"},
    "Conv2d": {"input_shape", "weight", "stride", "padding", "dilation", "groups", "bias"},
    "SumPool2d": {"kernel_size", "stride", "padding"},
    "AvgPool2d": {"kernel_size", "stride", "padding"},
    "Flatten": {"input_type", "start_dim", "end_dim"},
    "Delay": {"delay"},
    "Threshold": {"threshold"},
    "I": {"r"},
    "IF": {"r", "v_threshold", "v_reset"},
    "LI": {"tau", "r", "v_leak"},
    "LIF": {"tau", "r", "v_leak", "v_threshold", "v_reset"},
    "CubaLI": {"tau_syn", "tau_mem", "r", "v_leak", "w_in"},
    "CubaLIF": {"tau_syn", "tau_mem", "r", "v_leak", "v_threshold", "v_reset", "w_in"},
}
INTEGERS = {"shape", "input_shape", "stride", "padding", "dilation", "groups", "kernel_size", "input_type", "start_dim", "end_dim"}
faults = []


def expect(condition, path, what):
    if not condition:
        faults.append(f"{path}: {what}")


def is_text(dataset):
    info = h5py.check_string_dtype(dataset.dtype)
    return info is not None and info.length is None and info.encoding == "utf-8"


def check_node(group, path):
    expect(len(group.attrs) == 0, path, "has attributes")
    kind = group["type"]
    expect(is_text(kind) and kind.shape == (), path, f"type is {kind.dtype} {kind.shape}")
    kind = kind[()].decode()
    names = set(group.keys()) - {"type", "metadata"}
    if kind == "NIRGraph":
        expect(names == {"nodes", "edges"}, path, f"holds {names}")
        edges = group["edges"]
        expect(is_text(edges) and edges.ndim == 2 and edges.shape[1] == 2 and edges.chunks is None, path, f"edges are {edges.dtype} {edges.shape}")
        for name, node in group["nodes"].items():
            check_node(node, f"{path}/{name}")
        return
    expect(names == FIELDS[kind], path, f"({kind}) holds {sorted(names)}, expected {sorted(FIELDS[kind])}")
    for name in names:
        dataset = group[name]
        where = f"{path}/{name}"
        if name in INTEGERS:
            expect(dataset.dtype == np.int64 or is_text(dataset), where, f"is {dataset.dtype}")
        else:
            expect(dataset.dtype in (np.float32, np.float64), where, f"is {dataset.dtype}")
            expect(dataset.shape == () or dataset.compression in ("gzip", None), where, f"is packed by {dataset.compression}")
            expect(dataset.shape == () or (dataset.compression is None) == (dataset.chunks is None), where, "has chunks that are not packed")


def check_graph(path):
    with h5py.File(path) as file:
        expect(set(file.keys()) == {"version", "node"}, path.name, f"holds {list(file.keys())}")
        expect(len(file.attrs) == 0, path.name, "has attributes")
        expect(is_text(file["version"]) and file["version"].shape == (), path.name, "version is no single text")
        check_node(file["node"], f"{path.name}:")
    if nir and "unchecked" not in path.name:
        nir.read(path)


def check_data(group, path):
    kind = group.attrs.get("__type__")
    if kind == "NIRGraphData":
        for name, node in group["nodes"].items():
            check_data(node, f"{path}/{name}")
    elif kind == "NIRNodeData":
        for name, values in group["observables"].items():
            check_data(values, f"{path}/{name}")
    elif kind == "TimeGriddedData":
        data = group["data"]
        expect(data.ndim == 3 and data.dtype in (np.bool_, np.float32, np.float64), path, f"data is {data.dtype} {data.shape}")
        expect(group.attrs["dt"].dtype == np.float64 and group.attrs["dt"].shape == (), path, "dt is no single float64")
    elif kind in ("EventData", "ValuedEventData"):
        for name, dtype in [("idx", np.int64), ("time", np.float64)] + ([("value", np.float64)] if kind == "ValuedEventData" else []):
            expect(group[name].dtype == dtype and group[name].ndim == 2, path, f"{name} is {group[name].dtype} {group[name].shape}")
        expect(group.attrs["n_neurons"].dtype == np.int64 and group.attrs["t_max"].dtype == np.float64, path, "n_neurons or t_max of another type")
    else:
        expect(False, path, f"is {kind}")


def check_file(path):
    if not path.name.endswith(".data.nir"):
        return check_graph(path)
    with h5py.File(path) as file:
        check_data(file, f"{path.name}:")
    if nir:
        nir.read_data(path)


warnings.simplefilter("error")
paths = sorted(Path(sys.argv[1]).glob("*.nir"))
for path in paths:
    try:
        check_file(path)
    except Exception as error:  # what nir refuses is a fault too
        faults.append(f"{path.name}: {type(error).__name__} {error}")
print("\n".join(faults) or f"{len(paths)} files as nir writes them, read by {'nir and ' if nir else ''}h5py {h5py.__version__}")
sys.exit(1 if faults or not paths else 0)
