import assert from 'node:assert/strict'
import { latency } from '@snn/encoding'
import { neuronEquations } from '@snn/equations'
import { lif } from '@snn/neuron'
import { input, linear, sequential } from '@snn/nn'
import { readSnn, toOnnx } from '@snn/snn-file'
import { compile, reference } from '@snn/tensor'

const backend = reference()
const encode = compile((x) => latency(x, { T: 8 }), { backend })
assert.deepEqual((await encode({ data: Float32Array.of(0.1, 1), shape: [2] })).shape, [8, 2])

const net = sequential(input([8]), linear(8, 4), lif())
net.metadata = { T: 16, readout: { by: 'count' } }
const { snn } = readSnn(await toOnnx(net))
assert.equal(snn.metadata.T, 16)
assert.equal(typeof neuronEquations(lif), 'object')
