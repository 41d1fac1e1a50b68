import type { LoadedNetwork } from '../netx/load-network.js'
import type { Process } from '../sim/process-graph.js'
import { encoding, type ScriptOptions } from './python-script.js'

/**
 * The processes as JSON, which the Python program connects: shapes C, H, W, kernels [O, C / groups, kH, kW] as PyTorch
 * has them, whole numbers.
 */
export function processesJson({ inputShape, processes, connections }: LoadedNetwork, depth: number): string {
  const plain = (_: string, value: unknown): unknown =>
    ArrayBuffer.isView(value) ? Array.from(value as unknown as ArrayLike<number>) : value
  const lines = processes.map(({ name, process }) => JSON.stringify({ name, ...(process satisfies Process) }, plain))
  return `{"inputShape":${JSON.stringify(inputShape)},\n"depth":${depth},\n"processes":[\n${lines.join(',\n')}\n],\n"connections":${JSON.stringify(connections)}}\n`
}

/** A Python program that connects the processes in Lava and runs them. */
export function processScript(
  name: string,
  { blocks }: LoadedNetwork,
  depth: number,
  { encoder, steps, reads }: ScriptOptions,
): string {
  const last = blocks.at(-1)!
  const result =
    reads === 'membrane'
      ? 'the membranes of the last layer after the last step, whose largest is the class'
      : 'the spikes of the last layer in each step, [T, ...]'
  return `"""Connects the processes of ${name}.json in Lava's fixed-point CPU simulation, and runs them.

The network has branches, which a .net file of lava-dl cannot hold; Lava's processes connect freely.
Needs lava-nc (of 2024; Python 3.10) and numpy < 2: newer ones break Lava's convolutions.${encoder === undefined ? '' : ` And onnxruntime for ${encoder}.`}
usage: python ${name}.py ${encoder === undefined ? 'spikes.npy' : 'sample.npy'} outputs.npy
${encoder === undefined ? '  spikes.npy   0/1, [T, ...] in the axes of the network (C, H, W or N)' : '  sample.npy   one sample as the network takes it, preprocessed (snn.preprocess in the metadata of the ONNX file says how), float32'}
  outputs.npy  ${result}
"""
import json
import sys

import numpy as np
from lava.magma.core.run_conditions import RunSteps
from lava.magma.core.run_configs import Loihi2SimCfg
from lava.proc.conv.process import Conv
from lava.proc.dense.process import Dense
from lava.proc.io.sink import RingBuffer as Sink
from lava.proc.io.source import RingBuffer as Source
from lava.proc.lif.process import LIF, LIFReset
${encoder === undefined ? '\nspikes = np.load(sys.argv[1]).astype(np.int32)\n' : encoding(encoder, steps)}
with open('${name}.json') as file:
    network = json.load(file)


def axes(values):
    """Lava has W, H, C where the file and PyTorch have C, H, W."""
    return tuple(values[::-1])


def process(kind):
    """One process, in Lava's own parameters."""
    if kind['type'] == 'Dense':
        weights = np.array(kind['weights'], np.int32).reshape(kind['shape'])
        return Dense(weights=weights, weight_exp=kind['weight_exp'], num_weight_bits=kind['num_weight_bits'])
    if kind['type'] == 'Conv':
        # Lava turns kernels round
        weight = np.array(kind['weight'], np.int32).reshape(kind['weight_shape'])[:, :, ::-1, ::-1].transpose(0, 3, 2, 1)
        return Conv(weight=weight, input_shape=axes(kind['input_shape']), stride=axes(kind['stride']),
                    padding=axes(kind['padding']), dilation=axes(kind['dilation']), groups=kind['groups'])
    bias = np.array(kind['bias_mant'], np.int32)
    bias = bias.reshape(kind['shape']).transpose() if bias.size > 1 else int(bias)
    neurons = dict(shape=axes(kind['shape']), du=kind['du'], dv=kind['dv'], vth=kind['vth'], bias_mant=bias, bias_exp=kind['bias_exp'])
    if kind['type'] == 'LIF':
        return LIF(**neurons)
    # cleared in the step in which the first spikes of a sample arrive
    return LIFReset(**neurons, reset_interval=kind['reset_interval'], reset_offset=kind['reset_offset'])


def connect(source, target):
    """A dense synapse takes what comes in the order C, H, W."""
    if len(source.shape) == 3 and len(target.shape) == 1:
        source.transpose([2, 1, 0]).flatten().connect(target)
    else:
        source.connect(target)


# Every synapse takes one step: the last answer to the last spikes is there ${depth} steps after them.
depth = network['depth']
steps = spikes.shape[0] + depth
spikes = np.concatenate([spikes, np.zeros((depth, *spikes.shape[1:]), np.int32)])
source = Source(data=spikes.reshape(steps, *network['inputShape']).transpose(*range(len(network['inputShape']), 0, -1), 0))
processes = {kind['name']: process(kind) for kind in network['processes']}
for sender, port in network['connections']:
    name, port = port.rsplit('.', 1)
    sent = source.s_out if sender == 'input' else processes[sender].s_out if hasattr(processes[sender], 's_out') else processes[sender].a_out
    connect(sent, getattr(processes[name], port))
last = processes['${last.neuron}']
sink = Sink(shape=last.s_out.shape, buffer=steps)
last.s_out.connect(sink.a_in)
last.run(condition=RunSteps(num_steps=steps), run_cfg=Loihi2SimCfg(select_tag='fixed_pt'))
${
  reads === 'membrane'
    ? `# The last layer never fires; its membranes hold the sums, times 64.
outputs = last.v.get()
np.save(sys.argv[2], outputs.transpose())
print('class', int(outputs.transpose().reshape(-1).argmax()))`
    : `outputs = sink.data.get()
np.save(sys.argv[2], outputs.transpose(outputs.ndim - 1, *range(outputs.ndim - 2, -1, -1)))`
}
last.stop()
`
}
