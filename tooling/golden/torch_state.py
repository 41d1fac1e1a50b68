"""State dicts as users save them, with inputs and outputs: packages/nn/test/golden/torch-state.json.

Needs torch, safetensors, and spikingjelly and snntorch on the path.
"""
import base64
import json
import sys
from pathlib import Path

import safetensors
import snntorch
import torch
from safetensors.torch import save
from spikingjelly.activation_based import functional, layer, neuron
from torch import nn

torch.manual_seed(0)


def case(net, x):
    y = net(x)
    numbers = lambda t: {"shape": list(t.shape), "data": [round(float(v), 9) for v in t.flatten()]}
    state = {name: value.contiguous() for name, value in net.state_dict().items()}
    return {"base64": base64.b64encode(save(state)).decode(), "names": list(state), "x": numbers(x), "y": numbers(y)}


def spikingjelly():
    hidden = [part for i in range(5) for part in (layer.Linear(64 if i == 0 else 16, 16), neuron.IFNode())]
    net = nn.Sequential(
        layer.Conv2d(2, 4, 3, padding=1, bias=False), layer.BatchNorm2d(4), neuron.ParametricLIFNode(init_tau=2.0),
        layer.Conv2d(4, 4, 3), layer.BatchNorm2d(4), neuron.ParametricLIFNode(init_tau=3.0),
        layer.Flatten(), *hidden, layer.Linear(16, 3),
    )
    functional.set_step_mode(net, "m")
    for _ in range(3):
        net(torch.rand(4, 2, 2, 6, 6) * 2)
        functional.reset_net(net)
    return case(net.eval(), torch.rand(4, 2, 2, 6, 6) * 3)


class Snntorch(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(5, 7)
        self.lif1 = snntorch.Leaky(beta=0.9, threshold=0.3)
        self.fc2 = nn.Linear(7, 3)
        self.lif2 = snntorch.Synaptic(alpha=0.7, beta=0.8, learn_beta=True, threshold=0.5)

    def forward(self, x):
        v1, (i2, v2), spikes = self.lif1.init_leaky(), self.lif2.init_synaptic(), []
        for now in x:
            s, v1 = self.lif1(self.fc1(now), v1)
            s, i2, v2 = self.lif2(self.fc2(s), i2, v2)
            spikes.append(s)
        return torch.stack(spikes)


def types():
    net = nn.Sequential(nn.Linear(5, 3), nn.BatchNorm1d(3))
    found = {}
    for name, dtype in (("F16", torch.float16), ("BF16", torch.bfloat16), ("F64", torch.float64)):
        state = {key: value.to(dtype) if value.is_floating_point() else value for key, value in net.state_dict().items()}
        found[name] = {"base64": base64.b64encode(save(state)).decode(), "values": {key: [float(v) for v in value.flatten()] for key, value in state.items()}}
    extremes = {
        "half": torch.tensor([0.0, -0.0, 65504.0, 6e-8, 6.1e-5, float("inf"), -1.5], dtype=torch.float16), "brain": torch.tensor([3.4e38, -1e-38, 1e-40, float("-inf"), 0.1], dtype=torch.bfloat16),
        "long": torch.tensor([-(2**31), 2**31 - 1, 0]), "short": torch.tensor([-32768, 32767], dtype=torch.int16), "byte": torch.tensor([-128, 127], dtype=torch.int8), "flags": torch.tensor([True, False]),
    }
    found["extremes"] = {"base64": base64.b64encode(save(extremes)).decode(), "values": {key: [str(float(v)) for v in value.flatten()] for key, value in extremes.items()}}
    found["too large"] = {"base64": base64.b64encode(save({"count": torch.tensor([2**31])})).decode(), "values": {}}
    found["F8"] = {"base64": base64.b64encode(save({"w": torch.ones(2).to(torch.float8_e4m3fn)})).decode(), "values": {}}
    return found


golden = {
    "generator": "tooling/golden/torch_state.py",
    "version": f"torch {torch.__version__.split('+')[0]}, safetensors {safetensors.__version__}, spikingjelly of August 2026, snntorch {snntorch.__version__}",
    "spikingjelly": spikingjelly(), "snntorch": case(Snntorch(), torch.rand(6, 2, 5) * 3), "types": types(),
}
out = Path(sys.argv[1] if len(sys.argv) > 1 else "packages/nn/test/golden/torch-state.json")
out.write_text(json.dumps(golden, indent=1) + "\n")
