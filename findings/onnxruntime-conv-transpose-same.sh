#!/bin/bash
# onnxruntime 1.30.0: ConvTranspose with auto_pad SAME_UPPER or SAME_LOWER gives input * stride values along an axis, as ONNX says, only while the kernel is
# at least as long as the stride. With a shorter kernel (1 for 2, 2 for 3) the output is one value short: 7 of 8, 11 of 12. The padding that would be
# needed is negative there, which the standard's shape rule carries by output padding and onnx 1.23.1's ReferenceEvaluator by a value more.
# Upsampling decoders whose kernel is shorter than the stride have another size in each. Fails when that changes.
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
for kernel, stride in ((1, 2), (2, 3), (2, 2), (3, 2)):
    for auto_pad in ('SAME_UPPER', 'SAME_LOWER'):
        node = helper.make_node('ConvTranspose', ['x', 'w'], ['y'], kernel_shape=[kernel], strides=[stride], auto_pad=auto_pad)
        graph = helper.make_graph([node], 'up', [value('x', [1, 1, 4]), value('w', [1, 1, kernel])], [value('y', None)])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 22)], ir_version=10)
        feed = {'x': np.ones((1, 1, 4), np.float32), 'w': np.ones((1, 1, kernel), np.float32)}
        runtime = onnxruntime.InferenceSession(model.SerializeToString(), providers=['CPUExecutionProvider']).run(None, feed)[0]
        reference = ReferenceEvaluator(model).run(None, feed)[0]
        print(f'kernel {kernel}, stride {stride}, {auto_pad}: onnxruntime {runtime.shape[2]}, onnx {reference.shape[2]}, input * stride {4 * stride}')
PY
venv/bin/python run.py | tee output
for auto_pad in SAME_UPPER SAME_LOWER; do
  grep -q "kernel 1, stride 2, $auto_pad: onnxruntime 7, onnx 8, input \* stride 8" output
  grep -q "kernel 2, stride 3, $auto_pad: onnxruntime 11, onnx 12, input \* stride 12" output
  grep -q "kernel 2, stride 2, $auto_pad: onnxruntime 8, onnx 8, input \* stride 8" output
  grep -q "kernel 3, stride 2, $auto_pad: onnxruntime 8, onnx 8, input \* stride 8" output
done
