import { integrateAndFire, lif } from '@snn/neuron'
import { compile, grad, isSnnError, reference, variable, type Tensor } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import { values } from '../test/values.js'
import {
  addLayer,
  elementwiseRecurrent,
  initialState,
  linearLayer,
  Network,
  sampleShapes,
  sequential,
  stepwise,
  stream,
  type Layer,
  type NetworkParts,
} from './index.js'

const backend = reference()
const weight = (shape: readonly number[], seed: number) => variable(single(values(shape, seed)))
const single = ({ data, shape }: { data: ArrayLike<number>; shape: readonly number[] }) => ({
  data: Float32Array.from(data),
  shape,
})

/** x -> sum -> lif -> back -> sum, one step later. */
function circle(changes: Partial<NetworkParts> = {}): Network {
  return new Network({
    inputs: [{ name: 'x', shape: [3] }],
    feedback: [{ name: 'before', from: 'lif', shape: [3] }],
    nodes: [
      { name: 'back', layer: linearLayer({}, { weight: weight([3, 3], 4), bias: weight([3], 5) }), inputs: ['before'] },
      { name: 'sum', layer: addLayer({}), inputs: ['x', 'back'] },
      { name: 'lif', layer: lif({ tau: 1.5 }), inputs: ['sum'] },
    ],
    outputs: ['lif'],
    ...changes,
  })
}

function code(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (isSnnError(error)) return `${error.code} ${error.message}`
    throw error
  }
  return 'no error'
}

describe('feedback', () => {
  const x = single(values([6, 2, 3], 3))

  it('is one step late: the whole sequence, a loop by hand and the loop of steps agree', async () => {
    const net = circle()
    const run = compile(
      (xs: Tensor) => {
        const [half, state] = net.forwardWithState(xs.slice(0, 0, 4))
        let now = initialState(net, xs.slice(0, 0, 1).squeeze(0))
        const by: Tensor[] = []
        for (let t = 0; t < 6; t++) {
          const [y, after] = net.step(xs.slice(0, t, t + 1).squeeze(0), { state: now })
          by.push(y)
          now = after
        }
        const recorded = net.run('sequence', xs, { record: ['back.output', 'lif.v'] }).recorded
        return {
          whole: net.forward(xs),
          half,
          rest: net.forward(xs.slice(0, 4, 6), { state }),
          looped: stepwise(net, xs).outputs['lif']!,
          by,
          recorded,
        }
      },
      { backend },
    )
    const { whole, half, rest, looped, by, recorded } = await run(x)
    expect([...half.data, ...rest.data]).toEqual([...whole.data])
    expect(looped.data).toEqual(whole.data)
    expect(by.flatMap(({ data }) => [...data])).toEqual([...whole.data])
    expect(recorded['back.output']!.shape).toEqual([6, 2, 3])
    // The first step gets the bias alone, each later one what the step before fired.
    const bias = [...(await weight([3], 5).data())]
    expect([...recorded['back.output']!.data].slice(0, 3)).toEqual(bias)
    expect(new Set(whole.data)).toEqual(new Set([0, 1]))
  })

  it('equals the loop around a layer', async () => {
    const inner = integrateAndFire({ reset: 'soft', threshold: 0.2 })
    const net = new Network({
      inputs: [{ name: 'x', shape: [3] }],
      feedback: [{ name: 'y', from: 'fire', shape: [3] }],
      nodes: [
        { name: 'sum', layer: addLayer({}), inputs: ['x', 'y'] },
        { name: 'fire', layer: inner, inputs: ['sum'] },
      ],
      outputs: ['fire'],
    })
    const around = elementwiseRecurrent(integrateAndFire({ reset: 'soft', threshold: 0.2 }), 'add') as Layer
    const run = compile(
      (xs: Tensor) => ({
        net: net.forward(xs),
        around: sequential(around).forward(xs),
        inside: sequential(net).forward(xs),
        twice: sequential(elementwiseRecurrent(net)).forward(xs),
      }),
      { backend },
    )
    const out = await run(x)
    expect(out.net.data).toEqual(out.around.data)
    expect(out.inside.data).toEqual(out.net.data)
    expect(out.twice.data.some((value) => value > 0)).toBe(true)
  })

  it('streams, and has gradients', async () => {
    const net = circle()
    const live = stream(net)
    const one = compile((now: Tensor) => live.step(now), { backend })
    const all = await compile((xs: Tensor) => net.forward(xs), { backend })(x)
    const steps: number[] = []
    for (let t = 0; t < 6; t++) steps.push(...(await one({ data: x.data.slice(6 * t, 6 * t + 6), shape: [2, 3] })).data)
    expect(steps).toEqual([...all.data])
    const gradient = compile((xs: Tensor) => grad(net.forward(xs).sum(), net.parameters()), { backend })
    expect((await gradient(x))['back.weight']!.data.some((value) => value !== 0)).toBe(true)
  })

  it('refuses unknown sources, taken names and other shapes', () => {
    expect(sampleShapes(circle()).get('back')).toEqual([3])
    expect(code(() => circle({ feedback: [{ name: 'before', from: 'gone', shape: [3] }] }))).toContain(
      "unknown source of the feedback 'before' 'gone'",
    )
    expect(code(() => circle({ feedback: [{ name: 'x', from: 'lif', shape: [3] }] }))).toContain("'x' stands for two")
    const strange = circle({
      feedback: [{ name: 'before', from: 'x', shape: [3] }],
      inputs: [{ name: 'x', shape: [1] }],
    })
    expect(code(() => sampleShapes(strange))).toBe(
      "SHAPE [network] feedback 'before' has shape [1,3] and its source 'x' gives [1,1], expected one shape. Correct that of the feedback.",
    )
  })
})
