"""Writes the node tests of the ONNX standard as its Python package makes them: a folder each, with model.onnx and the values of
its inputs and outputs.

    pip install onnx==1.23.1
    python tooling/onnx-node-tests/generate.py FOLDER

Debian ships those of ONNX 1.12 as files: apt-get download libonnx-testdata; dpkg -x libonnx-testdata_*.deb FOLDER
"""

import pathlib
import sys
import warnings

import onnx
from onnx.backend.test.case.node import collect_testcases

warnings.filterwarnings("ignore")


def message(value, type_proto):
    """A value as the bytes that files hold; none where it is no tensor."""
    if type_proto.WhichOneof("value") != "tensor_type" or value is None:
        return b""
    return (value if isinstance(value, onnx.TensorProto) else onnx.numpy_helper.from_array(value)).SerializeToString()


def write(case, folder):
    data = folder / "test_data_set_0"
    data.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(case.model.SerializeToString())
    inputs, outputs = case.data_sets[0]
    for kind, values, infos in (("input", inputs, case.model.graph.input), ("output", outputs, case.model.graph.output)):
        for i, (value, info) in enumerate(zip(values, infos)):
            (data / f"{kind}_{i}.pb").write_bytes(message(value, info.type))


for case in collect_testcases(None):
    write(case, pathlib.Path(sys.argv[1]) / case.name)
