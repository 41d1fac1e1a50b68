import { describe, expect, it } from 'vitest'
import { aligned } from './align.js'
import { identityMap } from './linear-map.js'
import type { ChipStage } from './stage.js'

const stage = (neuron: string, depth: number, ...from: string[]): ChipStage => ({
  name: neuron,
  neuron,
  depth,
  shape: [2],
  inputs: from.map((name) => ({ name: `${neuron}_${name}`, from: name, map: identityMap([2]), inputShape: [2] })),
  form: {
    keepCurrent: 0,
    keepVoltage: 1,
    gain: 1,
    biasGain: 1,
    current: undefined,
    threshold: undefined,
    amplitude: Float64Array.of(3, 4),
    approximations: [],
  },
})

describe('relays', () => {
  it('make all ways into a layer equally long, and are shared', () => {
    const stages = aligned([
      stage('a', 0, 'x'),
      stage('b', 1, 'a'),
      stage('c', 2, 'b', 'a', 'x'),
      stage('d', 3, 'c', 'a'),
    ])
    expect(stages.map(({ neuron, depth, inputs }) => [neuron, depth, inputs.map(({ from }) => from)])).toEqual([
      ['a', 0, ['x']],
      ['x_relay1', 0, ['x']],
      ['b', 1, ['a']],
      ['a_relay1', 1, ['a']],
      ['x_relay2', 1, ['x_relay1']],
      ['c', 2, ['b', 'a_relay1', 'x_relay2']],
      ['a_relay2', 2, ['a_relay1']],
      ['d', 3, ['c', 'a_relay2']],
    ])
    // a relay fires at any spike, and its spikes are as large as those that come
    expect(stages[3]!.form).toMatchObject({ threshold: Float64Array.of(1.5, 2), amplitude: Float64Array.of(3, 4) })
    expect(stages[1]!.form).toMatchObject({ threshold: Float64Array.of(0.5, 0.5), amplitude: undefined })
  })

  it('are none in a chain', () => {
    const chain = [stage('a', 0, 'x'), stage('b', 1, 'a')]
    expect(aligned(chain)).toEqual(chain)
  })
})
