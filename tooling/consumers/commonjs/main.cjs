'use strict'
const assert = require('node:assert/strict')
const { integrateAndFire } = require('@snn/neuron')
const { linear, sequential, stream } = require('@snn/nn')
const { compile, reference } = require('@snn/tensor')
const { version } = require('@snn/tensor/package.json')

async function main() {
  assert.match(version, /^\d+\.\d+\.\d+/)
  const live = stream(sequential(linear(3, 2), integrateAndFire({ reset: 'soft' })))
  const step = compile((x) => live.run(x), { backend: reference() })
  const { outputs } = await step({ data: Float32Array.of(1, 2, 3), shape: [1, 3] })
  assert.deepEqual(outputs.integrateAndFire1.shape, [1, 2])
}

main()
