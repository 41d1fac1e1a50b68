"""One layer of neurons forward and backward in SpikingJelly. Arguments: lif or adaptive, number of threads."""
import sys
import torch
from spikingjelly.activation_based import functional, neuron, surrogate
from serve import numbers, serve, symmetric


class Adaptive(neuron.base_node.SimpleBaseNode):
    """As `adaptive` of lif.ts."""

    def __init__(self):
        super().__init__(v_threshold=1.0, v_reset=None, surrogate_function=surrogate.ATan(), step_mode='m')
        self.register_memory('a', 0.0)

    def neuronal_charge(self, x):
        self.v = self.v + (x - self.v) / 2.0
        self.a = self.a * 0.9

    def neuronal_fire(self):
        return self.surrogate_function(self.v - (self.v_threshold + 0.1 * self.a))

    def neuronal_reset(self, spike):
        self.v = self.v - spike * self.v_threshold
        self.a = self.a + spike


name, threads = sys.argv[1], int(sys.argv[2])
torch.set_num_threads(threads)
shape = [4, 32, 64, 32, 32]
count = 4 * 32 * 64 * 32 * 32
x = (2 * torch.from_numpy(numbers(count, 0))).reshape(shape).requires_grad_()
dy = torch.from_numpy(symmetric(count, 1, 0.5)).reshape(shape)
layer = neuron.LIFNode(tau=2.0, surrogate_function=surrogate.ATan(), step_mode='m', backend='torch') if name == 'lif' else Adaptive()


def run():
    x.grad = None
    functional.reset_net(layer)
    spikes = layer(x)
    spikes.backward(dy)
    return spikes


def check():
    spikes = run()
    return [spikes.detach().double().sum().item(), x.grad.double().abs().sum().item()]


serve(run, check)
