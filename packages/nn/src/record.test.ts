import { integrateAndFire, lif } from '@snn/neuron'
import { compile, reference, type Tensor } from '@snn/tensor'
import { isPrimitive, topological, traceFunction } from '@snn/tensor/backend'
import { describe, expect, it } from 'vitest'
import { values } from '../test/values.js'
import { linear, record, relu, sequential, stepwise } from './index.js'

const backend = reference()
const [T, N] = [4, 2]
const x = { data: Float32Array.from(values([T, N, 3], 4, 3).data), shape: [T, N, 3] }
const net = sequential(linear(3, 4), lif(), linear(4, 5), integrateAndFire({ reset: 'soft' }), relu())

/** What a compiled function computes and hands out: its primitives, and what each time loop hands out of every step. */
function work(run: (input: Tensor) => unknown) {
  const { program } = traceFunction((input) => run(input), [{ shape: x.shape, dtype: 'float32' }])
  const nodes = topological(program)
  const loops = nodes.filter((node) => isPrimitive(node, 'scan'))
  return {
    results: program.results.length,
    nodes: nodes.map(({ primitive }) => primitive).sort(),
    handedOut: loops.map(({ outputs }) => outputs.map(({ shape }) => shape).filter(([first]) => first === T)),
  }
}

describe('record', () => {
  it('adds named values to the output of a compiled step', async () => {
    const watched = record(net, ['lif1.v', '*.spike', 'linear2.output'])
    const { output, recorded } = await compile((input: Tensor) => watched(input), { backend })(x)
    const all = await compile((input: Tensor) => net.run('sequence', input, { record: ['*'] }), { backend })(x)
    expect(output.data).toEqual(all.outputs['relu1']!.data)
    expect(Object.keys(recorded).sort()).toEqual(['integrateAndFire1.spike', 'lif1.spike', 'lif1.v', 'linear2.output'])
    for (const [name, value] of Object.entries(recorded)) {
      expect(value.shape.slice(0, 2), name).toEqual([T, N])
      expect(value.data, name).toEqual(all.recorded[name]!.data)
    }
    expect(Object.keys(all.recorded).length).toBe(9)
  })

  it('passes options on, and gives the state for the next run', async () => {
    const watched = record(net, ['lif1.v'])
    const part = (from: number) => ({ data: x.data.slice(from * N * 3, (from + 2) * N * 3), shape: [2, N, 3] })
    const first = await compile((input: Tensor) => watched(input), { backend })(part(0))
    const second = await compile(
      (input: Tensor, state: typeof first.state) => watched(input, { state: state as never }),
      { backend },
    )(part(2), first.state)
    const whole = await compile((input: Tensor) => watched(input), { backend })(x)
    expect([...first.recorded['lif1.v']!.data, ...second.recorded['lif1.v']!.data]).toEqual([
      ...whole.recorded['lif1.v']!.data,
    ])
  })

  it('computes and keeps nothing else: nothing at all of what is not asked for', () => {
    const plain = work((input) => net.forward(input))
    expect(plain.results).toBe(1)
    // each loop hands out the spikes that the next layer takes, and nothing more
    expect(plain.handedOut).toEqual([[[T, N, 4]], [[T, N, 5]]])
    expect(work((input) => record(net, [])(input).output)).toEqual(plain)

    // what passes from layer to layer anyway costs no operation, and no loop hands out more
    const outputs = work((input) => {
      const { output, recorded } = record(net, ['linear2.output', '*.spike'])(input)
      return { output, recorded }
    })
    expect(outputs).toEqual({ ...plain, results: 4 })

    // a state of one loop comes out of that loop alone
    const state = work((input) => {
      const { output, recorded } = record(net, ['lif1.v'])(input)
      return { output, recorded }
    })
    expect(state).toEqual({
      ...plain,
      results: 2,
      handedOut: [
        [
          [T, N, 4],
          [T, N, 4],
        ],
        [[T, N, 5]],
      ],
    })

    // and in one loop over the whole network: the output, and what is asked for
    const loop = (patterns: string[]) =>
      work((input) => {
        const { outputs: named, recorded } = stepwise(net, input, { record: patterns })
        return { named, recorded }
      }).handedOut
    expect(loop([])).toEqual([[[T, N, 5]]])
    expect(loop(['lif1.v']).flat().length).toBe(2)
  })

  it('refuses patterns that fit nothing, and lists what there is', () => {
    const names =
      'linear1.output, lif1.v, lif1.spike, lif1.output, linear2.output, integrateAndFire1.v, integrateAndFire1.spike, integrateAndFire1.output, relu1.output'
    for (const pattern of ['lif2.v', '*.w', 'lif1', 'lif1.vv', '']) {
      expect(() => work((input) => record(net, ['*.spike', pattern])(input).output)).toThrow(
        expect.objectContaining({
          code: 'ARGUMENT',
          message: `[record] '${pattern}' fits no value of the network, expected one of ${names}, or a pattern with *. Correct the name.`,
          details: { name: 'record', value: pattern },
        }),
      )
    }
  })
})
