#!/bin/bash
# onnxruntime-node 1.30.0 cannot run a model with a float16 input under Node 24: where the engine has Float16Array, `new ort.Tensor('float16', ..)` keeps
# a Float16Array whatever it is given, and the native side, which does not know that type, takes it for empty: "not enough space: expected 16, got 0".
# Under Node 20, which has no Float16Array, the same bits go in as a Uint16Array and the model runs. Fails when that changes.
set -euo pipefail
cd "$(mktemp -d)"
# y = x + x, float16 [8], opset 13, by onnx 1.23.1
base64 -d > half.onnx <<< 'CAg6NQoOCgF4CgF4EgF5IgNBZGQSAWdaDwoBeBIKCggIChIECgIICGIPCgF5EgoKCAgKEgQKAggIQgQKABAN'
npm init -y >/dev/null
ONNXRUNTIME_NODE_INSTALL=skip npm install --silent onnxruntime-node@1.30.0
cat > run.cjs <<'JS'
const ort = require('onnxruntime-node')
ort.InferenceSession.create('half.onnx').then(async (session) => {
  const x = new ort.Tensor('float16', new Uint16Array(8).fill(0x3c00), [8]) // eight times 1
  try {
    const { y } = await session.run({ x })
    console.log(`ran: ${y.data.constructor.name} ${Array.from(y.data)}`)
  } catch (error) {
    console.log(`failed with a ${x.data.constructor.name}: ${error.message}`)
  }
})
JS
for version in 20.20.2 24.21.0; do
  echo "onnxruntime-node 1.30.0, Node v$version: $(npx --yes --package "node@$version" -- node run.cjs)" | tee -a output
done
grep -q 'Node v20.*ran: Uint16Array 16384' output
grep -q 'Node v24.*failed with a Float16Array: not enough space: expected 16, got 0' output
