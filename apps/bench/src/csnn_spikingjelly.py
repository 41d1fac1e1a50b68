"""One training step of the network of csnn.ts in SpikingJelly. Arguments: batch size, number of threads."""
import sys
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from spikingjelly.activation_based import functional, layer, neuron, surrogate
from serve import numbers, serve, symmetric

batch, threads = int(sys.argv[1]), int(sys.argv[2])
torch.set_num_threads(threads)
T, channels, classes = 4, 32, 10


def fire():
    return neuron.IFNode(surrogate_function=surrogate.ATan())


def convolution(inputs):
    return layer.Conv2d(inputs, channels, kernel_size=3, padding=1, bias=False), layer.BatchNorm2d(channels), fire(), layer.MaxPool2d(2, 2)


def build():
    net = nn.Sequential(
        *convolution(1), *convolution(channels), layer.Flatten(),
        layer.Linear(channels * 7 * 7, channels * 4 * 4, bias=False), fire(), layer.Linear(channels * 4 * 4, classes, bias=False), fire(),
    )
    functional.set_step_mode(net, 'm')
    weights = [p for p in net.parameters() if p.dim() > 1]
    with torch.no_grad():
        for key, weight in enumerate(weights):
            fan_in = weight[0].numel()
            weight.copy_(torch.from_numpy(symmetric(weight.numel(), key, 1 / np.sqrt(fan_in))).reshape(weight.shape))
    return net, torch.optim.Adam(net.parameters(), lr=1e-3)


x = torch.from_numpy(numbers(batch * 28 * 28, 100)).reshape(batch, 1, 28, 28)
y = torch.from_numpy(np.floor(numbers(batch, 101).astype(np.float64) * classes).astype(np.int64))


def step(net, optimizer):
    optimizer.zero_grad()
    rate = net(x.unsqueeze(0).expand(T, -1, -1, -1, -1)).mean(0)
    loss = F.mse_loss(rate, F.one_hot(y, classes).float())
    loss.backward()
    optimizer.step()
    functional.reset_net(net)
    return loss.item()


trained = build()


def check():
    fresh = build()
    return [step(*fresh) for _ in range(3)]


serve(lambda: step(*trained), check)
