#!/bin/bash
# onnxruntime 1.30.0: Attention (opset 23) with past_key and past_value runs only where the node names the outputs present_key and present_value, too,
# which the standard lets one leave out: with Y alone the model loads, and the run fails with a message about outputs that nobody has asked for.
# onnx 1.23.1's ReferenceEvaluator runs both and gives the same Y. An exporter that drops unused outputs makes such models. Fails when that changes.
set -euo pipefail
cd "$(mktemp -d)"
python3 -m venv venv
venv/bin/pip install --quiet onnx==1.23.1 onnxruntime==1.30.0 numpy
cat > run.py <<'PY'
import numpy as np
import onnxruntime
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

onnxruntime.set_default_logger_severity(4)
value = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
shapes = {'q': [1, 2, 4], 'k': [1, 2, 4], 'v': [1, 2, 4], 'past_key': [1, 1, 3, 4], 'past_value': [1, 1, 3, 4]}
random = np.random.default_rng(0)
feed = {name: random.random(shape, np.float32) for name, shape in shapes.items()}
for outputs in (['y'], ['y', 'present_key', 'present_value']):
    node = helper.make_node('Attention', ['q', 'k', 'v', '', 'past_key', 'past_value'], outputs, q_num_heads=1, kv_num_heads=1)
    graph = helper.make_graph([node], 'attention', [value(name, shape) for name, shape in shapes.items()], [value(name, None) for name in outputs])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 23)], ir_version=11)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=['CPUExecutionProvider'])
    try:
        said = f'equal: {np.allclose(session.run(None, feed)[0], ReferenceEvaluator(model).run(None, feed)[0], atol=1e-5)}'
    except Exception as error:
        said = f'fails: {"attention.cc" in str(error)}'
    print(f'{len(outputs)} outputs, onnxruntime: {said}')
PY
venv/bin/python run.py | tee output
grep -q '^1 outputs, onnxruntime: fails: True$' output
grep -q '^3 outputs, onnxruntime: equal: True$' output
