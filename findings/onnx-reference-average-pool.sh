#!/bin/bash
# onnx 1.23.1: the reference evaluator is not the reference for AveragePool with ceil_mode and pads. Six cells, kernel 4, stride 3, one cell of padding at
# each end: the last window starts at cell 5 (window 2, 2 * 3 - 1) and holds that cell alone. onnxruntime 1.30.0 averages that cell (weight 1, or 1/2 when
# the padded cell counts); ReferenceEvaluator starts the window at cell 4 and gives cells 4 and 5 a half each, so its last column is wrong by as much as
# the picture changes there, and a converter that is checked against it looks wrong where it is right. Fails when that changes.
set -euo pipefail
cd "$(mktemp -d)"
python3 -m venv venv
venv/bin/pip install --quiet onnx==1.23.1 onnxruntime==1.30.0 numpy
cat > run.py <<'PY'
import numpy as np
import onnxruntime
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

size = 6
x = np.eye(size, dtype=np.float32).reshape(size, 1, size)  # one sample for each cell: outputs are the weights of cells
for count_include_pad in (0, 1):
    node = helper.make_node('AveragePool', ['x'], ['y'], kernel_shape=[4], strides=[3], pads=[1, 1], ceil_mode=1, count_include_pad=count_include_pad)
    value = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    graph = helper.make_graph([node], 'pool', [value('x', [size, 1, size])], [value('y', [size, 1, 3])])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 22)], ir_version=10)
    runtime = onnxruntime.InferenceSession(model.SerializeToString(), providers=['CPUExecutionProvider']).run(None, {'x': x})[0]
    reference = ReferenceEvaluator(model).run(None, {'x': x})[0]
    for name, y in (('onnxruntime 1.30.0', runtime), ('onnx 1.23.1 ReferenceEvaluator', reference)):
        print(f'count_include_pad {count_include_pad}, last window, {name}: {y[:, 0, -1].tolist()}')
PY
venv/bin/python run.py | tee output
grep -q 'count_include_pad 0, last window, onnxruntime 1.30.0: \[0.0, 0.0, 0.0, 0.0, 0.0, 1.0\]' output
grep -q 'count_include_pad 0, last window, onnx 1.23.1 ReferenceEvaluator: \[0.0, 0.0, 0.0, 0.0, 0.5, 0.5\]' output
grep -q 'count_include_pad 1, last window, onnxruntime 1.30.0: \[0.0, 0.0, 0.0, 0.0, 0.0, 0.5\]' output
grep -q 'count_include_pad 1, last window, onnx 1.23.1 ReferenceEvaluator: \[0.0, 0.0, 0.0, 0.0, 0.5, 0.5\]' output
