"""Values of snnTorch's and Norse's encoders, in packages/encoding/test/golden/neighbours.json.

    python encoding.py SNNTORCH NORSE > neighbours.json

with checkouts of snnTorch 634fc22 and Norse 065a3b4, and torch 2.13.
"""
import importlib
import json
import sys
import types

import torch

snntorch, norse = sys.argv[1:]


def package(name, path):
    """An empty package, so that one module of it can be imported without the rest."""
    module = types.ModuleType(name)
    module.__path__ = [path]
    sys.modules[name] = module


def rows(x):
    if x.dim() == 0:
        return round(float(x), 7)
    return [rows(row) for row in x]


package("snntorch", f"{snntorch}/snntorch")
for name in ("norse", "norse.torch", "norse.torch.functional"):
    package(name, f"{norse}/{name.replace('.', '/')}")
spikegen = importlib.import_module("snntorch.spikegen")
encode = importlib.import_module("norse.torch.functional.encode")

x = torch.tensor([0.0, 0.02, 0.1, 0.25, 0.5, 0.8, 1.0])
signal = torch.tensor([1.0, 2.0, 2.91, 3.0, 3.9, 2.0, 1.95])
current = torch.tensor([0.5, 1.1, 1.5, 2.0, 4.0, 8.0, 16.0])
labels = torch.tensor([2, 0])

latency = {}
for name, options in {
    "lif": {"bypass": True},
    "lif tau 2 first 3": {"tau": 2, "first_spike_time": 3, "bypass": True},
    "lif normalize": {"normalize": True},
    "lif normalize first 2": {"normalize": True, "first_spike_time": 2},
    "lif threshold 0.2 clip": {"threshold": 0.2, "clip": True, "bypass": True},
    "linear tau 5": {"linear": True, "tau": 5},
    "linear normalize": {"linear": True, "normalize": True},
    "linear normalize first 2 clip": {"linear": True, "normalize": True, "first_spike_time": 2, "clip": True, "threshold": 0.2},
}.items():
    timing = {key: value for key, value in options.items() if key not in ("bypass", "clip")}
    latency[name] = {
        "time": rows(spikegen.latency_code(x, num_steps=8, **timing)[0]),
        "spikes": rows(spikegen.latency(x, num_steps=8, **options)),
    }

targets = {
    "first 2": rows(spikegen.targets_rate(labels, 3, num_steps=5, first_spike_time=2)),
    # it fails where the numbers of steps and classes differ
    "rates 0.4 and 0.25 interpolated": rows(spikegen.targets_rate(labels, 6, num_steps=6, correct_rate=0.4, incorrect_rate=0.25, interpolate=True)),
}
codes = [
    {"T": steps, "rate": rate, "firstSpikeTime": first, "spikes": rows(spikegen.target_rate_code(steps, first, rate)[0])}
    for steps, rate, first in ((5, 0.5, 0), (10, 0.3, 1), (12, 0.7, 2), (6, 1, 3), (7, 0, 0), (9, 0.1, 0))
]
print(json.dumps({
    "generator": "snnTorch 634fc22 spikegen and Norse 065a3b4 encode, on CPU with torch " + torch.__version__ + ", float32; see tooling/golden/encoding.py",
    "version": "634fc22, 065a3b4",
    "x": rows(x),
    "latency": latency,
    "latencyInterpolated": rows(spikegen.latency(x, num_steps=8, linear=True, normalize=True, interpolate=True)),
    "signal": rows(signal),
    "delta": {
        "default": rows(spikegen.delta(signal)),
        "padding": rows(spikegen.delta(signal, padding=True)),
        "offSpike": rows(spikegen.delta(signal, threshold=1, off_spike=True)),
    },
    "labels": labels.tolist(),
    "rateTargets": targets,
    "rateCodes": codes,
    "current": rows(current),
    "constantCurrentLif": rows(encode.constant_current_lif_encode(current, 25)),
    "spikeLatencyLif": rows(encode.spike_latency_lif_encode(current, 25)),
    "populationEncode": rows(encode.population_encode(torch.tensor([0.0, 0.5, 1.0]), 3)),
}))
