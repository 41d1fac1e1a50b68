import type { NetFile } from '../net/net-file.js'

export interface ScriptOptions {
  /** The ONNX file of one step of the host's part; without it spikes are given. */
  readonly encoder: string | undefined
  /** Steps in which spikes are sent. */
  readonly steps: number | undefined
  /** What the last layer answers with. */
  readonly reads: 'membrane' | 'spikes'
}

/** A Python program that runs the network in Lava, with what one has to know. */
export function pythonScript(name: string, { layers }: NetFile, { encoder, steps, reads }: ScriptOptions): string {
  const input = layers[0]!.kind === 'input'
  const depth = layers.filter(({ kind }) => kind === 'dense' || kind === 'conv').length
  const result =
    reads === 'membrane'
      ? 'the membranes of the last layer after the last step, whose largest is the class'
      : 'the spikes of the last layer in each step, [T, ...]'
  return `"""Runs ${name}.net in Lava's fixed-point CPU simulation.

Needs lava-nc, lava-dl (both of 2024; Python 3.10) and numpy < 2: newer ones break Lava's convolutions.${encoder === undefined ? '' : ` And onnxruntime for ${encoder}.`}
usage: python ${name}.py ${encoder === undefined ? 'spikes.npy' : 'sample.npy'} outputs.npy
${encoder === undefined ? '  spikes.npy   0/1, [T, ...] in the axes of the network (C, H, W or N)' : '  sample.npy   one sample as the network takes it, preprocessed (snn.preprocess in the metadata of the ONNX file says how), float32'}
  outputs.npy  ${result}
"""
import sys

import numpy as np
from lava.lib.dl.netx.hdf5 import Network
from lava.magma.core.run_conditions import RunSteps
from lava.magma.core.run_configs import Loihi2SimCfg
from lava.proc.io.sink import RingBuffer as Sink
from lava.proc.io.source import RingBuffer as Source
${encoder === undefined ? '\nspikes = np.load(sys.argv[1]).astype(np.int32)\n' : encoding(encoder, steps)}
# Every synapse takes one step: the answer to the last spikes is there ${depth} steps after them.
steps = spikes.shape[0] + ${depth}
spikes = np.concatenate([spikes, np.zeros((${depth}, *spikes.shape[1:]), np.int32)])
# Lava has W, H, C where files and PyTorch have C, H, W; time comes last.
data = spikes.transpose(*range(spikes.ndim - 1, 0, -1), 0)

${steps === undefined ? '' : '# Each layer is cleared in the step in which the first spikes of a sample arrive; samples can follow each other.\n'}net = Network('${name}.net'${steps === undefined ? '' : `, reset_interval=${steps}, reset_offset=1`})${input ? '  # the input layer of the file only gives the shape' : ''}
source = Source(data=data)
sink = Sink(shape=net.out.shape, buffer=steps)
source.s_out.connect(net.inp)
net.out.connect(sink.a_in)
net.run(condition=RunSteps(num_steps=steps), run_cfg=Loihi2SimCfg(select_tag='fixed_pt'))
${
  reads === 'membrane'
    ? `# The last layer never fires; its membranes hold the sums, times 64.
outputs = net.layers[-1].neuron.v.get()
np.save(sys.argv[2], outputs.transpose())
print('class', int(outputs.transpose().reshape(-1).argmax()))`
    : `outputs = sink.data.get()
np.save(sys.argv[2], outputs.transpose(outputs.ndim - 1, *range(outputs.ndim - 2, -1, -1)))`
}
net.stop()
`
}

/** The host's part: one step of it is the ONNX file, whose states go round. */
export function encoding(file: string, steps = 32): string {
  return `import json
import onnxruntime

# The host turns the sample into spikes: the same input at every step, the membranes of the first layer go from step to step.
sample = np.load(sys.argv[1]).astype(np.float32)[None]
session = onnxruntime.InferenceSession('${file}')
initial = json.loads(session.get_modelmeta().custom_metadata_map['snn.initial'])
first, *others = session.get_inputs()
state = {}
for entry in others:
    shape = [n if isinstance(n, int) else 1 for n in entry.shape]
    value = initial[entry.name]
    value = np.reshape(value['data'], value['shape']) if isinstance(value, dict) else value
    state[entry.name] = np.broadcast_to(np.asarray(value, np.float32), shape)
names = [output.name for output in session.get_outputs()]
spikes = []
for _ in range(${steps}):
    out = dict(zip(names, session.run(names, {first.name: sample, **state})))
    state = {name: out[name + '.next'] for name in state}
    spikes.append(out[names[0]][0] != 0)
spikes = np.stack(spikes).astype(np.int32)
`
}
