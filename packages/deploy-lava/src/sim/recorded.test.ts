import { describe, expect, it } from 'vitest'
import { sizeOf } from '@snn/tensor'
import { readIndex, readRecorded } from '../../test/recorded.js'
import { sharedData } from '../../../datasets/test/shared-data.js'
import { simulator } from './simulator.js'

const folder = sharedData('lava/fuzz')

describe('networks recorded from real Lava', () => {
  it.skipIf(!folder)('every output of every step, every state', { timeout: 120_000 }, async () => {
    const index = readIndex(folder!)
    expect(index.length).toBeGreaterThanOrEqual(120)
    for (const entry of index) {
      const { T, graph, input, outputs, states, traces } = await readRecorded(folder!, entry)
      const size = sizeOf(graph.inputShape)
      const run = simulator(graph)
      const check = (name: string, got: Int32Array, expected: Int32Array): void =>
        expect({ name, data: got }, entry.name).toEqual({ name, data: expected })
      expect(outputs.size).toBeGreaterThan(0)
      for (let t = 0; t < T; t++) {
        run.step(input?.subarray(t * size, (t + 1) * size))
        for (const [name, expected] of outputs) {
          const { out } = run.processes.get(name)!
          check(`${name} step ${t}`, out, expected.subarray(t * out.length, (t + 1) * out.length))
        }
        for (const [path, expected] of traces) {
          const state = stateOf(run, path)
          check(`${path} step ${t}`, state, expected.subarray(t * state.length, (t + 1) * state.length))
        }
      }
      for (const [path, expected] of states) check(path, stateOf(run, path), expected)
    }
  })
})

function stateOf({ processes }: ReturnType<typeof simulator>, path: string): Int32Array {
  const dot = path.lastIndexOf('.')
  return processes.get(path.slice(0, dot))!.state[path.slice(dot + 1)]!
}
