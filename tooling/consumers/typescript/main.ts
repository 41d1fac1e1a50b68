import assert from 'node:assert/strict'
import { convertAndRun, mistake } from './conversion.js'
import { firstSpike, trained } from './neuron.js'
import { train } from './training.js'

assert.ok((await firstSpike()) > 0)
assert.deepEqual(trained.trainable, ['beta'])
const { losses } = await train()
assert.ok(losses.length === 3 && losses.every(Number.isFinite))
assert.deepEqual(await convertAndRun(), [10, 3])
assert.equal(await mistake(), 'ARGUMENT')
