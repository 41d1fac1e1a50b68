import { defineNeuron, integrateAndFire, learnable } from '@snn/neuron'
import { compile, isSnnError, placeholder, reference, scalar, zeros, type Tensor } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import { branchingNet } from '../test/networks.js'
import { values, weight } from '../test/values.js'
import {
  addLayer,
  linearLayer,
  Network,
  reluLayer,
  sampleShapes,
  stepwise,
  stream,
  type Layer,
  type NetworkParts,
  type StatefulLayer,
} from './index.js'

const backend = reference()
const relu = (name: string, ...inputs: string[]) => ({ name, layer: reluLayer({}) as Layer, inputs })
const add = (name: string, ...inputs: string[]) => ({ name, layer: addLayer({}), inputs })
const parts = (nodes: NetworkParts['nodes'], outputs = [nodes.at(-1)!.name]): NetworkParts => ({
  inputs: [{ name: 'x', shape: [3] }],
  nodes,
  outputs,
})

function code(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (isSnnError(error)) return `${error.code} ${error.message}`
    throw error
  }
  return 'no error'
}

describe('Network', () => {
  it('sorts nodes so that inputs come before users, else keeps the order', () => {
    const net = new Network(parts([add('d', 'b', 'c'), relu('c', 'a'), relu('b', 'x'), relu('a', 'x')], ['d']))
    expect(net.nodes.map(({ name }) => name)).toEqual(['b', 'a', 'c', 'd'])
    expect(new Network(net).nodes.map(({ name }) => name)).toEqual(['b', 'a', 'c', 'd'])
    expect(net.node('c').inputs).toEqual(['a'])
  })

  it('takes several inputs and gives several outputs', async () => {
    const net = new Network({
      inputs: [{ name: 'x' }, { name: 'y', shape: [3] }],
      nodes: [add('sum', 'x', 'y'), relu('positive', 'sum')],
      outputs: ['positive', 'sum', 'y'],
    })
    const [x, y] = [values([2, 4, 3], 1), values([2, 4, 3], 2)]
    const run = compile(
      (inputs: { x: Tensor; y: Tensor }) => ({
        layerwise: net.run('sequence', inputs).outputs,
        looped: stepwise(net, inputs).outputs,
        first: net.forward(inputs),
      }),
      { backend },
    )
    const { layerwise, looped, first } = await run({ x, y })
    expect([...layerwise['sum']!.data]).toEqual([...x.data].map((value, i) => value + y.data[i]!))
    expect([...first.data]).toEqual([...layerwise['sum']!.data].map((value) => Math.max(value, 0)))
    expect(layerwise['y']!.data).toEqual(y.data)
    expect(looped).toMatchObject({
      sum: { data: layerwise['sum']!.data },
      positive: { data: first.data },
      y: { data: y.data },
    })
  })

  it('names every Variable by its path, and each parameter once', () => {
    const net = branchingNet()
    expect(Object.keys(net.variables())).toEqual([
      'conv1.weight',
      'conv1.bias',
      'batchNorm1.weight',
      'batchNorm1.bias',
      'batchNorm1.mean',
      'batchNorm1.variance',
      'integrateAndFire1.threshold',
      'network1.conv.weight',
      'network1.conv.bias',
      'network1.other.initial.v',
      'linear1.weight',
      'linear1.bias',
    ])
    expect(Object.keys(net.parameters())).toEqual([
      'conv1.weight',
      'conv1.bias',
      'batchNorm1.weight',
      'batchNorm1.bias',
      'network1.conv.weight',
      'network1.conv.bias',
      'linear1.weight',
      'linear1.bias',
    ])
    const shared = weight([3, 3])
    const twice = new Network(
      parts([
        { name: 'a', layer: linearLayer({}, { weight: shared }), inputs: ['x'] },
        { name: 'b', layer: linearLayer({}, { weight: shared }), inputs: ['a'] },
      ]),
    )
    expect(twice.parameters()).toEqual({ 'a.weight': shared })
    expect(Object.keys(twice.variables())).toEqual(['a.weight', 'b.weight'])
  })

  it('parameters per channel get their size from the shape of the input', () => {
    const cell = () => integrateAndFire({ threshold: learnable(1, { per: 'channel' }) })
    const net = new Network(parts([{ name: 'if', layer: cell(), inputs: ['x'] }]))
    expect(net.parameters()['if.threshold']!.shape).toEqual([3])
    const unknown = new Network({ ...parts([{ name: 'if', layer: cell(), inputs: ['x'] }]), inputs: [{ name: 'x' }] })
    expect(code(() => unknown.parameters())).toBe(
      "SHAPE [network] the shape of the input 'x' is not known, expected that of one sample. Begin with sequential(input([..]), ..), or give it.",
    )
    expect(sampleShapes(unknown, { x: [5, 2] })).toEqual(
      new Map([
        ['x', [5, 2]],
        ['if', [5, 2]],
      ]),
    )
    expect(unknown.parameters()['if.threshold']!.shape).toEqual([5, 1])
  })
})

describe('record', () => {
  const net = branchingNet()
  const recorded = (...record: string[]) =>
    compile((x: Tensor) => net.run('sequence', x, { record }).recorded, { backend })(values([2, 1, 2, 12, 12], 1))

  it('takes names and patterns', async () => {
    expect(Object.keys(await recorded('network1.*')).sort()).toEqual([
      'network1.conv.output',
      'network1.joined.output',
      'network1.other.output',
      'network1.other.spike',
      'network1.other.v',
      'network1.spikes.output',
      'network1.spikes.spike',
      'network1.spikes.v',
      'network1.sum.output',
    ])
    expect(Object.keys(await recorded('*.v', 'linear1.output')).sort()).toEqual([
      'integrateAndFire1.v',
      'integrateAndFire2.v',
      'linear1.output',
      'network1.other.v',
      'network1.spikes.v',
    ])
    expect(await recorded()).toEqual({})
    expect((await recorded('integrateAndFire1.v'))['integrateAndFire1.v']!.shape).toEqual([2, 1, 3, 12, 12])
  })

  it('refuses a name that fits nothing', async () => {
    await expect(recorded('*.spike', 'conv2.output')).rejects.toThrow(
      "[record] 'conv2.output' fits no value of the network, expected one of conv1.output,",
    )
    await expect(recorded('conv1.spike')).rejects.toThrow("[record] 'conv1.spike' fits no value")
    await expect(recorded('conv1xoutput')).rejects.toThrow('fits no value')
  })
})

describe('layers with a memory of another shape', () => {
  /** Counts steps in a scalar and keeps the sum over features. */
  const counter: StatefulLayer = {
    contract: 1,
    kind: 'counter',
    config: {},
    variables: {},
    initialState: (shape) => ({ total: zeros([shape[0]!]), steps: scalar(0, 'int32') }),
    step: (x, { total, steps }) => ({
      output: x.sub(total!.expandDims(1)),
      state: { total: total!.add(x.sum(1)), steps: steps!.add(1) },
    }),
  }
  const two = defineNeuron('two', {
    parameters: {},
    state: { v: 0.25, u: 1 },
    charge: (x, { v, u }) => ({ v: v.add(x), u: u.mul(0.5) }),
  })

  it('run layer-wise, stepwise and as a stream', async () => {
    const net = new Network(
      parts([
        { name: 'count', layer: counter, inputs: ['x'] },
        { name: 'two', layer: two(), inputs: ['count'] },
      ]),
    )
    const x = { data: Float32Array.from(values([3, 2, 3], 4).data), shape: [3, 2, 3] }
    const whole = await compile((t: Tensor) => net.run('sequence', t, { record: ['*'] }), { backend })(x)
    const loop = await compile((t: Tensor) => stepwise(net, t, { record: ['*'] }), { backend })(x)
    expect(loop.recorded).toMatchObject(
      Object.fromEntries(Object.entries(whole.recorded).map(([name, { data }]) => [name, { data }])),
    )
    expect(whole.state['count']!['steps']).toMatchObject({ dtype: 'int32', shape: [], data: Int32Array.of(3) })
    const live = stream(net)
    const step = compile((t: Tensor) => live.run(t, { record: ['count.steps', 'two.u'] }), { backend })
    for (let t = 0; t < 3; t++) {
      const { recorded } = await step({ data: x.data.slice(t * 6, t * 6 + 6), shape: [2, 3] })
      expect(recorded['count.steps']!.data[0]).toBe(t + 1)
      expect(recorded['two.u']!.data[0]).toBe(0.5 ** (t + 1))
    }
  })
})

describe('errors', () => {
  it('of the graph name the nodes', () => {
    expect(code(() => new Network(parts([relu('a', 'x'), relu('b', 'nothing')])))).toBe(
      "ARGUMENT [network] unknown input of 'b' 'nothing', expected one of x, a, b. Correct the name.",
    )
    expect(code(() => new Network(parts([relu('a', 'b'), relu('b', 'nothing')])))).toContain("input of 'b' 'nothing'")
    expect(code(() => new Network(parts([relu('a', 'x')], ['b'])))).toBe(
      "ARGUMENT [network] unknown output 'b', expected one of x, a. Correct the name.",
    )
    expect(code(() => new Network(parts([relu('a', 'x')], [])))).toContain('ARGUMENT [network] no outputs')
    expect(code(() => new Network(parts([relu('a', 'x'), relu('a', 'x')])))).toContain(
      "the name 'a' stands for two nodes or inputs",
    )
    expect(code(() => new Network(parts([relu('x', 'x')])))).toContain("the name 'x' stands for two")
    expect(
      code(
        () => new Network(parts([relu('a', 'x'), add('b', 'a', 'd'), relu('c', 'b'), relu('d', 'c'), relu('e', 'd')])),
      ),
    ).toBe(
      'ARGUMENT [network] b -> c -> d -> b is a cycle, expected a graph without one. Make one of these connections feedback, or take it out.',
    )
    expect(code(() => new Network(parts([relu('a')])))).toContain("'a' (relu) has 0 inputs, expected at least one.")
    expect(code(() => new Network(parts([{ name: 'if', layer: integrateAndFire(), inputs: ['x', 'x'] }])))).toContain(
      "'if' (integrateAndFire) has 2 inputs, expected exactly one. Put an add",
    )
    expect(code(() => new Network(parts([relu('a', 'x')])).node('b'))).toContain("unknown node 'b'")
  })

  it('of a run name input and shape', () => {
    const net = new Network(parts([relu('a', 'x'), { name: 'if', layer: integrateAndFire(), inputs: ['a'] }]))
    expect(code(() => net.forward(placeholder([4, 3])))).toBe(
      "SHAPE [network] input 'x' has shape [4,3], expected [T,N,3].",
    )
    expect(code(() => net.step(placeholder([4, 2])))).toBe("SHAPE [network] input 'x' has shape [4,2], expected [N,3].")
    expect(code(() => net.run('step', {}))).toBe("SHAPE [network] input 'x' has no value, expected [N,3].")
    expect(code(() => net.run('step', { x: placeholder([4, 3]), y: placeholder([1]) }))).toContain(
      "unknown input 'y', expected one of x",
    )
    expect(code(() => net.step(placeholder([4, 3]), { state: { a: {} } }))).toContain(
      "unknown layer with memory 'a', expected one of if",
    )
    expect(code(() => net.step(placeholder([4, 3]), { state: { if: { v: placeholder([4, 2]) } } }))).toContain(
      "SHAPE [integrateAndFire] state 'v' has shape [4,2]",
    )
    const two = new Network({ inputs: [{ name: 'x' }, { name: 'y' }], nodes: [add('sum', 'x', 'y')], outputs: ['sum'] })
    expect(code(() => two.forward(placeholder([1, 4, 3])))).toContain(
      'ARGUMENT [network] one tensor for the inputs x, y, expected tensors by name',
    )
  })

  it('a stream keeps its batch size', async () => {
    const live = stream(new Network(parts([{ name: 'if', layer: integrateAndFire(), inputs: ['x'] }])))
    const step = compile((x: Tensor) => live.step(x), { backend })
    await step({ data: new Float32Array(6), shape: [2, 3] })
    await expect(step({ data: new Float32Array(3), shape: [1, 3] })).rejects.toThrow(
      "[stream] input gives 'if.v' the shape [1,3], expected [2,3], as before.",
    )
  })
})
