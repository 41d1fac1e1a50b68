"""Writes torch-layers.json: PyTorch's layers, their input gradient and parameter gradients, in float64, for the loss
sum(y * y) / 2. Run: python3 torch-layers.py > torch-layers.json"""

import json
import math

import torch
from torch import nn

torch.set_default_dtype(torch.float64)
torch.manual_seed(0)


def numbers(*shape):
    n = math.prod(shape)
    return torch.round(2 * torch.sin(12.9898 * torch.arange(1, n + 1) + 0.37 * n), decimals=3).reshape(shape)


def value(t):
    return {"shape": list(t.shape), "data": [float(f"{x:.12g}") for x in t.detach().flatten().tolist()]}


def case(module, *shape):
    module.train()
    for parameter in module.parameters():
        with torch.no_grad():
            parameter.copy_(numbers(*parameter.shape) / 4 + (1 if parameter.dim() == 1 else 0))
    arrays = {name: value(p) for name, p in module.named_parameters()}
    x = numbers(*shape).requires_grad_()
    y = module(x)
    (y * y / 2).sum().backward()
    gradients = {name: value(p.grad) for name, p in module.named_parameters()}
    return {"arrays": arrays, "x": value(x), "y": value(y), "dx": value(x.grad), "gradients": gradients}


class Unpool(nn.Module):
    """Pools, takes the square of what is left, and puts it back."""

    def __init__(self, pool, unpool):
        super().__init__()
        self.pool, self.unpool = pool, unpool

    def forward(self, x):
        y, indices = self.pool(x)
        return self.unpool(y * y, indices, output_size=x.shape)


cases = {
    "conv3d": case(nn.Conv3d(2, 4, (2, 3, 2), stride=(1, 2, 1), padding=(1, 0, 1), groups=2), 2, 2, 3, 5, 3),
    "convTranspose1d": case(nn.ConvTranspose1d(3, 2, 4, stride=3, padding=1, output_padding=2), 2, 3, 4),
    "convTranspose2d": case(nn.ConvTranspose2d(4, 6, (3, 2), stride=(2, 1), padding=(1, 0), dilation=(1, 2), groups=2), 2, 4, 3, 4),
    "convTranspose3d": case(nn.ConvTranspose3d(2, 1, 2, stride=2, bias=False), 1, 2, 2, 2, 3),
    "groupNorm": case(nn.GroupNorm(2, 4), 3, 4, 2, 3),
    "layerNorm": case(nn.LayerNorm([2, 3]), 3, 4, 2, 3),
    "batchNorm3d": case(nn.BatchNorm3d(2), 3, 2, 2, 2, 3),
    "maxPool3d": case(nn.MaxPool3d(2, stride=1, padding=1), 1, 2, 2, 3, 3),
    "avgPool3d": case(nn.AvgPool3d((1, 2, 2), padding=(0, 1, 1), count_include_pad=False), 1, 2, 2, 3, 4),
    "adaptiveAvgPool1d": case(nn.AdaptiveAvgPool1d(3), 2, 2, 7),
    "adaptiveAvgPool2d": case(nn.AdaptiveAvgPool2d((3, 2)), 2, 2, 5, 4),
    "adaptiveAvgPool2d even": case(nn.AdaptiveAvgPool2d((2, 3)), 2, 2, 4, 6),
    "adaptiveAvgPool3d": case(nn.AdaptiveAvgPool3d((2, 1, 4)), 1, 2, 3, 4, 3),
    "maxUnpool1d": case(Unpool(nn.MaxPool1d(2, return_indices=True), nn.MaxUnpool1d(2)), 2, 2, 7),
    "maxUnpool2d": case(Unpool(nn.MaxPool2d(2, stride=3, return_indices=True), nn.MaxUnpool2d(2, stride=3)), 2, 2, 5, 6),
    "maxUnpool3d": case(Unpool(nn.MaxPool3d((1, 2, 2), return_indices=True), nn.MaxUnpool3d((1, 2, 2))), 1, 2, 2, 4, 3),
    "upsample nearest": case(nn.Upsample(scale_factor=(2, 1.5)), 1, 2, 3, 4),
    "upsample linear 1d": case(nn.Upsample(scale_factor=2.5, mode="linear", align_corners=False), 2, 2, 4),
    "upsample bilinear": case(nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False), 1, 2, 3, 4),
    "upsample bilinear, corners": case(nn.Upsample(scale_factor=3, mode="bilinear", align_corners=True), 1, 2, 3, 4),
    "upsample trilinear": case(nn.Upsample(scale_factor=2, mode="trilinear", align_corners=False), 1, 1, 2, 3, 2),
}

lines = ",\n".join(f"    {json.dumps(name)}: {json.dumps(entry)}" for name, entry in cases.items())
print(f'{{\n  "generator": "torch-layers.py, PyTorch on CPU, float64; 12 digits",\n  "version": "torch {torch.__version__}",\n  "cases": {{\n{lines}\n  }}\n}}')
