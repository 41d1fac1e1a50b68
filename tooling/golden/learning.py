"""Values of Norse's plasticity, in packages/learning/test/golden/norse.json.

    python learning.py NORSE > norse.json

with a checkout of Norse 065a3b4 and torch 2.13.
"""
import importlib
import json
import sys
import types

import torch

[norse] = sys.argv[1:]
for name in ("norse", "norse.torch", "norse.torch.functional"):
    # an empty package, so that one module of it can be imported without the rest
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = [f"{norse}/{name.replace('.', '/')}"]
stdp = importlib.import_module("norse.torch.functional.stdp")
synapse = importlib.import_module("norse.torch.functional.tsodyks_makram")
torch.set_default_dtype(torch.float64)


def rows(x):
    return round(float(x), 10) if x.dim() == 0 else [rows(row) for row in x]


def spikes(*shape):
    return (torch.rand(*shape) < 0.4).to(torch.float64)


torch.manual_seed(1)
T, N = 6, 2
settings = {
    "additive": {"stdp_algorithm": "additive"},
    "additiveStep": {"stdp_algorithm": "additive_step"},
    "multiplicativePow": {"stdp_algorithm": "multiplicative_pow", "mu": 0.75},
    "multiplicativeRelu": {"stdp_algorithm": "multiplicative_relu"},
    "additive without bound": {"stdp_algorithm": "additive", "hardbound": False},
}
common = {"tau_pre_inv": 1 / 0.004, "tau_post_inv": 1 / 0.01, "a_pre": 1.5, "a_post": 0.8, "w_min": -0.2, "w_max": 0.9, "eta_plus": 0.3, "eta_minus": 0.2}


def run(step, pre, post, w, options):
    state = stdp.STDPState(torch.zeros_like(pre[0]), torch.zeros_like(post[0]))
    parameters = stdp.STDPParameters(**common, **options)
    weights = []
    for z_pre, z_post in zip(pre, post):
        w, state = step(z_pre, z_post, w, state, parameters)
        weights.append(rows(w))
    return weights


pre, post, w = spikes(T, N, 3), spikes(T, N, 2), torch.rand(2, 3) - 0.1
image_pre, image_post, kernel = spikes(T, N, 2, 5, 4), spikes(T, N, 3, 3, 3), torch.rand(3, 2, 3, 2) - 0.1
linear = {name: run(stdp.stdp_step_linear, pre, post, w, options) for name, options in settings.items()}
window = {"stride": 2, "padding": 1, "convolutional": True}
conv = run(stdp.stdp_step_conv2d, image_pre, image_post, kernel, {**window, "stdp_algorithm": "multiplicative_relu"})

z = spikes(40)
currents = {}
for name, (f, s, d, use) in {"depressing": (50, 20, 750, 0.45), "facilitating": (750, 20, 50, 0.15)}.items():
    parameters = synapse.TsodyksMakramParameters(1000 / f, 1000 / s, 1000 / d, use)
    state, i, trace = synapse.TsodyksMakramState(u=torch.tensor(0.0), x=torch.tensor(1.0)), torch.tensor(0.0), []
    for now in z:
        release, state = synapse.stp_step(now, state, parameters)
        i = i - 0.001 * parameters.tau_s_inv * i + release
        trace.append([rows(i), rows(state.u), rows(state.x)])
    currents[name] = trace

print(json.dumps({
    "generator": "Norse 065a3b4 stdp and tsodyks_makram, on CPU with torch " + torch.__version__ + ", float64, dt 1 ms; see tooling/golden/learning.py",
    "version": "065a3b4",
    "linear": {"pre": rows(pre), "post": rows(post), "w": rows(w), "weights": linear},
    "conv2d": {"pre": rows(image_pre), "post": rows(image_post), "w": rows(kernel), "weights": conv},
    "tsodyksMarkram": {"spikes": rows(z), "i, u, r": currents},
}))
