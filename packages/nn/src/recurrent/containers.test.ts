import { integrateAndFire, learnable, lif } from '@snn/neuron'
import { compile, grad, placeholder, reference, tensor, variable, type Tensor } from '@snn/tensor'
import { evaluateShapes } from '@snn/tensor/library'
import { describe, expect, it } from 'vitest'
import { expectClose, values } from '../../test/values.js'
import {
  addLayer,
  elementwiseRecurrent,
  input,
  linear,
  linearLayer,
  linearRecurrent,
  linearRecurrentLayer,
  Network,
  reluLayer,
  sequential,
  stepwise,
  stream,
  unaryLayer,
  type NetworkState,
} from '../index.js'

const backend = reference()
const column = (...data: number[]) => ({ data: Float64Array.from(data), shape: [data.length, 1, 1] })
const forward = (net: Network) => compile((x: Tensor) => net.forward(x), { backend })
const matrix = (shape: readonly number[], seed: number) =>
  variable({ data: values(shape, seed, 5000).data.map(Math.sin), shape })

describe('elementwiseRecurrent', () => {
  it('adds the output of the step before, from 0 again in every sequence', async () => {
    const run = forward(sequential(elementwiseRecurrent(unaryLayer({ function: 'abs' }))))
    for (let round = 0; round < 2; round++) expect([...(await run(column(1, 2, 3))).data]).toEqual([1, 3, 6])
  })

  it('combines by name or by a function of its own', async () => {
    expect([
      ...(await forward(sequential(elementwiseRecurrent(reluLayer({}), 'maximum')))(column(1, 3, 2))).data,
    ]).toEqual([1, 3, 3])
    expect([
      ...(await forward(sequential(elementwiseRecurrent(reluLayer({}), (x, y) => x.add(y.mul(0.5)))))(column(4, 4, 4)))
        .data,
    ]).toEqual([4, 6, 7])
  })

  it('inhibits a neuron by its own spike', async () => {
    const net = sequential(elementwiseRecurrent(integrateAndFire(), (x, y) => x.sub(y.mul(0.75))))
    const { recorded } = await compile((x: Tensor) => net.run('sequence', x, { record: ['*'] }), { backend })(
      column(1, 1, 1, 1, 1),
    )
    // v: 1 fires; 1 - 0.75; 1.25 fires; 0.25; 1.25 fires
    expect([...recorded['elementwiseRecurrent1.spike']!.data]).toEqual([1, 0, 1, 0, 1])
    expect([...recorded['elementwiseRecurrent1.sub.v']!.data]).toEqual([0, 0.25, 0, 0.25, 0])
    expect(Object.keys(recorded).sort()).toEqual([
      'elementwiseRecurrent1.output',
      'elementwiseRecurrent1.spike',
      'elementwiseRecurrent1.sub.v',
      'elementwiseRecurrent1.y',
    ])
  })
})

describe('linearRecurrent', () => {
  it('is the linear layer of input and last output, before the inner part', async () => {
    const weight = variable({ data: Float64Array.of(1, 10), shape: [1, 2] })
    const bias = variable({ data: Float64Array.of(-1), shape: [1] })
    const net = sequential(linearRecurrentLayer(reluLayer({}), { weight, bias }))
    expect([...(await forward(net)(column(2, 3, -100))).data]).toEqual([1, 12, 19]) // 2 - 1; 3 + 10 - 1; -100 + 120 - 1
  })

  it('may have another size inside than outside', async () => {
    const net = sequential(input([3]), linearRecurrent(sequential(linear(3, 2), lif()), 3, 2))
    const { outputs, state } = await compile((x: Tensor) => net.run('sequence', x), { backend })({
      data: new Float32Array(24).fill(2),
      shape: [4, 2, 3],
    })
    expect(outputs['linearRecurrent1']!.shape).toEqual([4, 2, 2])
    expect(Object.keys(state['linearRecurrent1']!).sort()).toEqual(['sub.lif1.v', 'y'])
    expect(Object.keys(net.parameters())).toEqual([
      'linearRecurrent1.weight',
      'linearRecurrent1.bias',
      'linearRecurrent1.sub.linear1.weight',
      'linearRecurrent1.sub.linear1.bias',
    ])
  })
})

describe('both', () => {
  /** y = lif(lin(x + y)) inside of lif(W [x, y] + b), in float64. */
  const inner = sequential(
    linearLayer({}, { weight: matrix([3, 3], 1), bias: matrix([3], 2) }),
    lif({ tau: learnable(1.5), threshold: 0.3 }),
  )
  const net = sequential(
    linearRecurrentLayer(lif({ threshold: 0.2, reset: 'soft' }), { weight: matrix([3, 6], 3), bias: matrix([3], 4) }),
    elementwiseRecurrent(inner),
  )
  const [T, N] = [6, 2]
  const x = { data: values([T, N, 3], 9, 5000).data.map((value) => 2 * Math.sin(value)), shape: [T, N, 3] }
  const out = 'elementwiseRecurrent1'

  it('are equal layer-wise, stepwise and as a stream, and two halves are one whole', async () => {
    const record = ['*.v', '*.spike']
    const layerwise = await compile((now: Tensor) => net.run('sequence', now, { record }), { backend })(x)
    const inOneLoop = await compile((now: Tensor) => stepwise(net, now, { record }), { backend })(x)
    expect(new Set(layerwise.outputs[out]!.data)).toEqual(new Set([0, 1]))
    expect(Object.keys(layerwise.recorded).sort()).toEqual([
      'elementwiseRecurrent1.sub.lif1.v',
      'linearRecurrent1.spike',
      'linearRecurrent1.sub.v',
    ])
    for (const [name, value] of Object.entries(layerwise.recorded)) expectClose(inOneLoop.recorded[name]!, value)
    expect(inOneLoop.outputs[out]!.data).toEqual(layerwise.outputs[out]!.data)

    const run = compile((now: Tensor, state?: NetworkState) => net.run('sequence', now, { state }), { backend })
    const size = (T / 2) * N * 3
    const first = await run({ data: x.data.slice(0, size), shape: [T / 2, N, 3] }, undefined)
    const second = await run({ data: x.data.slice(size), shape: [T / 2, N, 3] }, first.state)
    expect([...first.outputs[out]!.data, ...second.outputs[out]!.data]).toEqual([...layerwise.outputs[out]!.data])

    const live = stream(net)
    const step = compile((now: Tensor) => live.step(now), { backend })
    for (let t = 0; t < T; t++) {
      const now = await step({ data: x.data.slice(t * N * 3, (t + 1) * N * 3), shape: [N, 3] })
      expect([...now.data]).toEqual(Array.from(layerwise.outputs[out]!.data).slice(t * N * 3, (t + 1) * N * 3))
    }
  })

  it('have the same gradients layer-wise and stepwise, through the loop too', async () => {
    const gradients = (stepping: boolean) =>
      compile(
        (now: Tensor) =>
          grad(
            (stepping ? net.single(stepwise(net, now)) : net.forward(now)).mul(tensor(values([T, N, 3], 12))).sum(),
            { now, ...net.parameters() } as Record<string, Tensor>,
          ),
        { backend },
      )(x)
    const [a, b] = [await gradients(false), await gradients(true)]
    expect(Object.keys(a).sort()).toEqual([
      'elementwiseRecurrent1.sub.lif1.tau',
      'elementwiseRecurrent1.sub.linear1.bias',
      'elementwiseRecurrent1.sub.linear1.weight',
      'linearRecurrent1.bias',
      'linearRecurrent1.weight',
      'now',
    ])
    for (const [name, value] of Object.entries(a)) {
      expect(
        value.data.some((g) => Math.abs(g) > 1e-6),
        name,
      ).toBe(true)
      expectClose(b[name]!, value, 1e-9)
    }
    // columns 3..5 of the weight see only what comes around
    expect([...a['linearRecurrent1.weight']!.data].some((g, i) => i % 6 > 2 && Math.abs(g) > 1e-6)).toBe(true)
  })

  it('draw weights of their own, and know parameters that come with the first input', async () => {
    const make = () =>
      sequential(
        input([4]),
        linearRecurrent(lif({ tau: learnable(2, { per: 'channel' }) }), 4, 4),
        elementwiseRecurrent(linear(4, 4)),
      )
    const parameters = make().parameters()
    expect(Object.keys(parameters).sort()).toEqual([
      'elementwiseRecurrent1.sub.bias',
      'elementwiseRecurrent1.sub.weight',
      'linearRecurrent1.bias',
      'linearRecurrent1.sub.tau',
      'linearRecurrent1.weight',
    ])
    expect(parameters['linearRecurrent1.sub.tau']!.shape).toEqual([4])
    const drawn = async (net: Network) =>
      Promise.all(Object.values(net.parameters()).map(async (v) => [...(await v.data())]))
    expect(await drawn(make())).toEqual(await drawn(make()))
    expect((await drawn(make().initialize({ seed: 1 })))[0]).not.toEqual((await drawn(make()))[0])
  })

  it('refuse parts, sizes and functions that do not fit', () => {
    const argument = expect.objectContaining({ code: 'ARGUMENT' })
    const two = new Network({
      inputs: [{ name: 'a' }, { name: 'b' }],
      nodes: [{ name: 'sum', layer: addLayer({}), inputs: ['a', 'b'] }],
      outputs: ['sum'],
    })
    expect(() => elementwiseRecurrent(two)).toThrow(argument)
    expect(() => elementwiseRecurrent(lif(), 'plus' as never)).toThrow(argument)
    expect(() => linearRecurrent(lif(), 0, 3)).toThrow(argument)
    const shape = expect.objectContaining({ code: 'SHAPE' })
    expect(() =>
      evaluateShapes(() => sequential(elementwiseRecurrent(linear(3, 2))).forward(placeholder([4, 2, 3]))),
    ).toThrow(shape)
    expect(() =>
      evaluateShapes(() => sequential(linearRecurrent(lif(), 3, 2)).forward(placeholder([4, 2, 3]))),
    ).toThrow(shape)
  })
})
