import type { NetFile } from '../net/net-file.js'

/** A Python program that runs the network in Lava, with what one has to know. */
export function pythonScript(name: string, { layers }: NetFile): string {
  const input = layers[0]!.kind === 'input'
  return `"""Runs ${name}.net in Lava's fixed-point CPU simulation.

Needs lava-nc, lava-dl (both of 2024; Python 3.10) and numpy < 2: newer ones break Lava's convolutions.
usage: python ${name}.py spikes.npy outputs.npy
  spikes.npy   0/1, [T, ...] in the axes of the network (C, H, W or N)
  outputs.npy  what the last layer sent, [T, ...]; the first output of layer k comes k + 1 steps after its input
"""
import sys

import numpy as np
from lava.lib.dl.netx.hdf5 import Network
from lava.magma.core.run_conditions import RunSteps
from lava.magma.core.run_configs import Loihi2SimCfg
from lava.proc.io.sink import RingBuffer as Sink
from lava.proc.io.source import RingBuffer as Source

spikes = np.load(sys.argv[1]).astype(np.int32)
steps = spikes.shape[0]
# Lava has W, H, C where files and PyTorch have C, H, W; time comes last.
data = spikes.transpose(*range(spikes.ndim - 1, 0, -1), 0)

net = Network('${name}.net')${input ? '  # the input layer of the file only gives the shape' : ''}
source = Source(data=data)
sink = Sink(shape=net.out.shape, buffer=steps)
source.s_out.connect(net.inp)
net.out.connect(sink.a_in)
net.run(condition=RunSteps(num_steps=steps), run_cfg=Loihi2SimCfg(select_tag='fixed_pt'))
outputs = sink.data.get()
np.save(sys.argv[2], outputs.transpose(outputs.ndim - 1, *range(outputs.ndim - 2, -1, -1)))
net.stop()
`
}
