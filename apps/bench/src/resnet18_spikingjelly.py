"""The network of resnet18-model.ts, converted and simulated by SpikingJelly. Arguments: batch size, T, number of threads."""
import math, sys
import torch
import torch.nn as nn
from spikingjelly.activation_based import ann2snn, functional
from spikingjelly.activation_based.ann2snn.sample_models import cifar10_resnet
from serve import numbers, serve, symmetric

batch, T, threads = map(int, sys.argv[1:])
torch.set_num_threads(threads)
ann = cifar10_resnet.ResNet18()
with torch.no_grad():
    for key, module in enumerate(m for m in ann.modules() if isinstance(m, (nn.Conv2d, nn.Linear))):
        fan_in = module.weight[0].numel()
        module.weight.copy_(torch.from_numpy(symmetric(module.weight.numel(), key, math.sqrt(3 / fan_in))).reshape(module.weight.shape))
        if module.bias is not None:
            module.bias.zero_()
ann.eval()
x = torch.from_numpy(symmetric(batch * 3 * 32 * 32, 100, 1)).reshape(batch, 3, 32, 32)
snn = ann2snn.Converter(recipe=ann2snn.RateCodingRecipe(dataloader=[(x, None)], mode='Max')).convert(ann).eval()


@torch.no_grad()
def run():
    functional.reset_net(snn)
    out = snn(x)
    for _ in range(1, T):
        out += snn(x)
    return out / T


serve(run, lambda: run().flatten().tolist())
