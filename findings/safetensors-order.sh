#!/bin/bash
# safetensors 0.8.0 does not keep the order of a state dict: save_file sorts by the size of the type, widest first, then by name as text, so that layer 10
# stands before layer 2 and a counter of batches (int64) before all weights. A reader that maps the weights of one framework onto another's layers one
# after the other, as with a pickled state dict, gets them wrong from ten layers on, where shapes are equal without an error. Fails when that changes.
set -euo pipefail
cd "$(mktemp -d)"
python3 -m venv venv
venv/bin/pip install --quiet safetensors==0.8.0 numpy
cat > run.py <<'PY'
import numpy as np
from safetensors.numpy import load_file, save_file

state = {}
for layer in (0, 1, 2, 10):
    state[f'{layer}.weight'] = np.zeros((2, 2), np.float32)
    state[f'{layer}.num_batches_tracked'] = np.zeros(1, np.int64)
save_file(state, 'state.safetensors')
print('given:', *state)
print('read: ', *load_file('state.safetensors'))
PY
venv/bin/python run.py | tee output
grep -q '^read:  0.num_batches_tracked 1.num_batches_tracked 10.num_batches_tracked 2.num_batches_tracked 0.weight 1.weight 10.weight 2.weight$' output
