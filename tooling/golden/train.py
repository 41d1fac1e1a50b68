"""Golden values of @snn/train: trajectories of PyTorch's optimisers and learning rates, and losses of snnTorch.

    python tooling/golden/train.py PATH_OF_SNNTORCH_CHECKOUT

Needs torch 2.13 and a checkout of snnTorch 634fc22. Writes packages/train/test/golden/*.json.
"""
import importlib.util
import json
import sys
import types
from pathlib import Path

import torch

here = Path(__file__).resolve().parents[2] / "packages" / "train" / "test" / "golden"
torch.set_default_dtype(torch.float64)


def write(name, generator, version, cases):
    (here / name).write_text(json.dumps({"generator": generator, "version": version, "cases": cases}) + "\n")


# -- optimisers: two parameters, loss = sum(sin(a) * b) + sum(a^4) / 4, 8 steps

start = {"a": [0.5, -1.2, 2.0, 0.03], "b": [1.5, -0.7, 0.2, -2.0]}


def loss_of(p):
    return (torch.sin(p["a"]) * p["b"]).sum() + (p["a"] ** 4).sum() / 4


def trajectory(make, clip=None, schedule=None, steps=8, dtype=torch.float64):
    p = {k: torch.tensor(v, dtype=dtype, requires_grad=True) for k, v in start.items()}
    optimizer = make(list(p.values()))
    scheduler = schedule(optimizer) if schedule else None
    rows = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss_of(p).backward()
        if clip:
            clip(list(p.values()))
        optimizer.step()
        if scheduler:
            scheduler.step()
        rows.append({k: v.detach().tolist() for k, v in p.items()})
    return rows


O = torch.optim
optimizers = {
    "sgd": lambda p: O.SGD(p, lr=0.1),
    "sgd weightDecay": lambda p: O.SGD(p, lr=0.1, weight_decay=0.05),
    "sgd momentum": lambda p: O.SGD(p, lr=0.1, momentum=0.9),
    "sgd momentum dampening": lambda p: O.SGD(p, lr=0.1, momentum=0.9, dampening=0.3, weight_decay=0.01),
    "sgd nesterov": lambda p: O.SGD(p, lr=0.1, momentum=0.8, nesterov=True, weight_decay=0.01),
    "adam": lambda p: O.Adam(p, lr=0.05),
    "adam weightDecay": lambda p: O.Adam(p, lr=0.05, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.1),
    "adam amsgrad": lambda p: O.Adam(p, lr=0.3, betas=(0.5, 0.6), amsgrad=True),
    "adamW": lambda p: O.AdamW(p, lr=0.05),
    "adamW weightDecay": lambda p: O.AdamW(p, lr=0.05, weight_decay=0.2, amsgrad=True),
    "rmsprop": lambda p: O.RMSprop(p, lr=0.05),
    "rmsprop centered": lambda p: O.RMSprop(p, lr=0.05, centered=True, alpha=0.9, weight_decay=0.1),
    "rmsprop momentum": lambda p: O.RMSprop(p, lr=0.02, momentum=0.7, eps=1e-4),
    "rmsprop all": lambda p: O.RMSprop(p, lr=0.02, momentum=0.7, centered=True),
}
clips = {
    "norm 1": lambda p: torch.nn.utils.clip_grad_norm_(p, 1.0),
    "norm 100": lambda p: torch.nn.utils.clip_grad_norm_(p, 100.0),
    "value 0.4": lambda p: torch.nn.utils.clip_grad_value_(p, 0.4),
}
cases = {name: trajectory(make) for name, make in optimizers.items()}
cases |= {f"clip {name}": trajectory(optimizers["sgd"], clip=clip) for name, clip in clips.items()}
cases["adam float32"] = trajectory(optimizers["adam"], dtype=torch.float32, steps=200)
cases["adam cosine"] = trajectory(optimizers["adam"], schedule=lambda o: O.lr_scheduler.CosineAnnealingLR(o, 8))
write("optimizers.json", "tooling/golden/train.py, PyTorch", torch.__version__, cases)


# -- learning rates of 40 steps

S = O.lr_scheduler


def rates(make, steps=40, lr=0.2):
    optimizer = O.SGD([torch.zeros(1, requires_grad=True)], lr=lr)
    scheduler = make(optimizer)
    values = []
    for _ in range(steps):
        values.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return values


write("schedules.json", "tooling/golden/train.py, PyTorch", torch.__version__, {
    "cosine": rates(lambda o: S.CosineAnnealingLR(o, 40, eta_min=0.01)),
    "stepDecay every 7": rates(lambda o: S.StepLR(o, 7, gamma=0.5)),
    "stepDecay at 5 and 20": rates(lambda o: S.MultiStepLR(o, [5, 20], gamma=0.1)),
    "warmUp then cosine": rates(lambda o: S.SequentialLR(o, [S.LinearLR(o, 0.1, total_iters=10), S.CosineAnnealingLR(o, 30)], [10])),
    "oneCycle": rates(lambda o: S.OneCycleLR(o, 0.2, total_steps=40)),
    "oneCycle options": rates(lambda o: S.OneCycleLR(o, 0.2, total_steps=40, pct_start=0.5, div_factor=10, final_div_factor=100)),
})


# -- losses of snnTorch; its module of losses alone, with a stand-in for the one function it takes from elsewhere

def targets_convert(targets, num_classes, on_target=1, off_target=0):
    hot = torch.nn.functional.one_hot(targets.long(), num_classes).to(torch.float64)
    return hot * on_target + (1 - hot) * off_target


fake = types.ModuleType("snntorch")
fake.spikegen = types.SimpleNamespace(targets_convert=targets_convert)
sys.modules["snntorch"] = fake
folder = Path(sys.argv[1]) / "snntorch" / "functional"


def module(name):
    spec = importlib.util.spec_from_file_location(name, folder / f"{name}.py")
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    loaded.dtype = torch.float64
    return loaded


snn, acc = module("loss"), module("acc")
generator = torch.Generator().manual_seed(3)
T, N, K = 6, 4, 4
spikes = (torch.rand(T, N, K, generator=generator) < 0.3).to(torch.float64)
spikes[:, 1, 2] = 0
membrane = torch.randn(T, N, K, generator=generator)
labels = torch.tensor([2, 0, 3, 1])
two = torch.tensor([1, 0, 0, 1])
weight = torch.tensor([1.0, 0.5, 2.0, 0.1])


def case(loss, x, y, grad=True):
    x = x.clone().requires_grad_(grad)
    value = loss(x, y)
    value.sum().backward()
    return {"loss": value.detach().flatten().tolist(), "grad": x.grad.flatten().tolist()}


times = torch.tensor([[1.0, 2, -1, 4], [0, 1, 2, 3], [5, 5, 0, -2], [3, 3, 3, 3]])
losses = {
    "ce_rate": case(snn.ce_rate_loss(), membrane, labels),
    "ce_rate none weight": case(snn.ce_rate_loss(weight=weight, reduction="none"), membrane, labels),
    "ce_count": case(snn.ce_count_loss(), spikes, labels),
    "ce_count weight": case(snn.ce_count_loss(weight=weight), spikes, labels),
    "ce_count population": case(snn.ce_count_loss(population_code=True, num_classes=2), spikes, two),
    "ce_max_membrane": case(snn.ce_max_membrane_loss(), membrane, labels),
    "mse_count": case(snn.mse_count_loss(correct_rate=0.8, incorrect_rate=0.2), spikes, labels),
    "mse_count population": case(snn.mse_count_loss(correct_rate=0.9, incorrect_rate=0.1, population_code=True, num_classes=2), spikes, two),
    "mse_membrane": case(snn.mse_membrane_loss(on_target=1.2, off_target=-0.3), membrane, labels),
    "mse_membrane varying": case(snn.mse_membrane_loss(time_var_targets=True), membrane, labels.repeat(T, 1).roll(1, 0) * 0 + (torch.arange(T)[:, None] + labels) % K),
    "mse_temporal": case(snn.mse_temporal_loss(), spikes, labels),
    "mse_temporal tolerance": case(snn.mse_temporal_loss(on_target=1, off_target=4, tolerance=2), spikes, labels),
    "mse_temporal times": case(snn.mse_temporal_loss(target_is_time=True), spikes, times.clone()),
    "ce_temporal negate": case(snn.ce_temporal_loss(), spikes, labels),
    "ce_temporal reciprocal": case(snn.ce_temporal_loss(inverse="reciprocal"), spikes, labels),
}
# with labels that are all k, the accuracy is the share of predictions k
accuracies = {
    "rate": [float(acc.accuracy_rate(spikes, torch.full((N,), k))) for k in range(K)],
    "rate population": [float(acc.accuracy_rate(spikes, torch.full((N,), k), population_code=True, num_classes=2)) for k in range(2)],
    "temporal": [float(acc.accuracy_temporal(spikes, torch.full((N,), k))) for k in range(K)],
}
write("snntorch.json", "tooling/golden/train.py, snnTorch", "634fc22", {
    "T": T, "N": N, "K": K,
    "spikes": spikes.flatten().tolist(), "membrane": membrane.flatten().tolist(),
    "labels": labels.tolist(), "twoLabels": two.tolist(), "weight": weight.tolist(), "times": times.flatten().tolist(),
    "losses": losses, "accuracies": accuracies,
})
