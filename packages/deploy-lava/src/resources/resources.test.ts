import { describe, expect, it } from 'vitest'
import { conv, cuba, dense, layer, net } from '../../test/nets.js'
import type { NetLayer } from '../net/net-file.js'
import { netScalar, netTensor } from '../net/net-value.js'
import { resources } from './resources.js'

describe('resources', () => {
  it('counts neurons, synapses, fan-in and fan-out', () => {
    const fire = cuba({ vDecay: 0 })
    const given = net(
      layer('input', [1, 3, 3]),
      conv(1, [2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8], [2, 2], fire),
      layer('flatten', [8]),
      dense(2, [1, 0, 1, 0, 1, 0, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1], fire),
    )
    const { layers, neurons, synapses, chips } = resources(given)
    expect(layers).toEqual([
      // Each of the 8 neurons has 4 taps and goes to at most 2 neurons.
      { layer: 'layer/1', neurons: 8, synapses: 32, parameters: 8, fanIn: 4, fanOut: 2 },
      { layer: 'layer/3', neurons: 2, synapses: 12, parameters: 12, fanIn: 8, fanOut: 0 },
    ])
    expect([neurons, synapses]).toEqual([10, 44])
    expect(chips.map(({ chip, fits, estimate }) => ({ chip, fits, estimate }))).toEqual([
      { chip: 'Loihi 1', fits: true, estimate: false },
      { chip: 'Loihi 2', fits: true, estimate: true },
      { chip: 'Speck / DynapCNN', fits: true, estimate: false },
    ])
  })

  it('counts the taps of a convolution at the edge', () => {
    const padded = { ...conv(1, [1, 3, 3], [1, 1, 1, 1, 1, 1, 1, 1, 1], [3, 3]) }
    const values = { ...padded.values, padding: netTensor('int64', [1, 1]) }
    const [counted] = resources(net(layer('input', [1, 3, 3]), { ...padded, values })).layers
    // 4 corners with 4 taps, 4 edges with 6, one middle with 9.
    expect(counted).toMatchObject({ synapses: 4 * 4 + 4 * 6 + 9, fanIn: 9 })
  })

  it('says of Speck what no core has, whatever its size', () => {
    const grouped = conv(1, [2, 2, 2], [1, 1, 1, 1, 1, 1, 1, 1], [2, 2], cuba({ vDecay: 0 }))
    const pooling = { ...grouped, values: { ...grouped.values, inChannels: netScalar(2), groups: netScalar(2) } }
    const whats = (...layers: readonly NetLayer[]): readonly string[] =>
      resources(net(...layers)).chips[2]!.problems.map(({ what }) => what)
    expect(whats(layer('input', [2, 3, 3]), pooling)).toEqual([
      'groups (a pooling, or a depthwise convolution), which no core of Speck has',
    ])
    expect(whats(dense(2, [2, 4, 6, 8], cuba({ vDecay: 128 })))).toEqual([
      'neurons other than integrate-and-fire, which no core of Speck has',
    ])
    expect(whats(dense(2, [2, 4, 6, 8], cuba({ vDecay: 0 })))).toEqual([])
  })

  it('names what does not fit, and what to change', () => {
    const wide = resources(
      net(
        dense(
          2,
          Array.from({ length: 2 * 5000 }, () => 2),
        ),
      ),
    )
    expect(wide.chips[0]).toMatchObject({
      fits: false,
      problems: [{ layer: 'layer/0', what: '5000 connections into one neuron, and a core takes 4096 axons' }],
    })
    const many = resources(net(...Array.from({ length: 10 }, () => dense(2, [2, 4, 6, 8], cuba({ vDecay: 0 })))))
    expect(many.chips[2]!.problems[0]).toMatchObject({ what: '10 layers with weights, and Speck has 9 cores' })
    const large = resources(
      net(
        layer('input', [1, 64, 64]),
        conv(1, [64, 64, 64], new Array<number>(64).fill(2), [1, 1], cuba({ vDecay: 0 })),
      ),
    )
    expect(large.chips[0]!.problems).toMatchObject([
      { layer: 'layer/1', what: '256 cores, and the chip has 128; layer/1 takes most' },
    ])
    expect(large.chips[2]!.problems).toMatchObject([
      { what: '64 words of kernels and 262144 of neurons, which no core of Speck holds together' },
    ])
  })
})
