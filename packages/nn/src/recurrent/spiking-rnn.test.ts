import { erf, learnable, sigmoid } from '@snn/surrogate'
import { compile, grad, placeholder, reference, tensor, variable, type Tensor, type Variable } from '@snn/tensor'
import { evaluateShapes } from '@snn/tensor/library'
import { describe, expect, it } from 'vitest'
import golden from '../../test/golden/recurrent-cells.json' with { type: 'json' }
import { expectClose, values } from '../../test/values.js'
import {
  createLayer,
  Network,
  recurrentCell,
  recurrentLayer,
  reverseTimeLayer,
  sequential,
  spikingGru,
  spikingLstm,
  spikingRnn,
  stepwise,
  stream,
  type NetworkState,
  type RecurrentKind,
} from '../index.js'

const backend = reference()
/** Numbers in (-1, 1) without a pattern. */
function scattered(shape: readonly number[], seed: number) {
  return { data: values(shape, seed, 5000).data.map(Math.sin), shape }
}

const makers = { spikingRnn, spikingLstm, spikingGru } as const

/** A network in float64, so that other ways to sum make no difference. */
function inDouble(net: Network): Network {
  const cell = (layer: Network['nodes'][number]['layer']) => {
    if (!(layer.kind in makers)) return layer
    const arrays = Object.entries(layer.variables).map(
      ([name, v], i) => [name, variable(scattered(v.shape, i + 3), { name })] as const,
    )
    return recurrentLayer(layer.kind as RecurrentKind, Object.fromEntries(arrays))
  }
  return new Network({
    inputs: net.inputs,
    outputs: net.outputs,
    nodes: net.nodes.map((node) => ({ ...node, layer: cell(node.layer) })),
  })
}

describe('cells against SpikingJelly', () => {
  const kinds = { LSTM: ['spikingLstm', 4], GRU: ['spikingGru', 3], Vanilla: ['spikingRnn', 1] } as const
  for (const [name, example] of Object.entries(golden.cases)) {
    const [kind, gates] = kinds[name as keyof typeof kinds]
    const rows = gates * 2
    const parameter = (j: number, shape: readonly number[]): Variable =>
      variable({
        data: Float64Array.from(
          { length: shape.reduce((a, b) => a * b, 1) },
          (_, i) => (((7 * i + 3 * j) % 11) - 5) / 5,
        ),
        shape,
      })
    it(`gives the same states and gradients: ${name}`, async () => {
      const weights = {
        inputWeight: parameter(0, [rows, 2]),
        inputBias: parameter(1, [rows]),
        hiddenWeight: parameter(2, [rows, 2]),
        hiddenBias: parameter(3, [rows]),
      }
      const net = sequential(recurrentLayer(kind, weights))
      const run = compile(
        (x: Tensor) => {
          const { recorded, state } = net.run('sequence', x, {
            record: ['*.h', ...(kind === 'spikingLstm' ? ['*.c'] : [])],
          })
          const last = Object.values(state[`${kind}1`]!)
            .map((value) => value.sum())
            .reduce((a, b) => a.add(b))
          return { recorded, grads: grad(last, weights) }
        },
        { backend },
      )
      const { recorded, grads } = await run({ data: Float64Array.from(example.x.flat()), shape: [3, 1, 2] })
      const states = example.states as readonly (readonly number[] | readonly (readonly number[])[])[]
      const expected = (index: number): number[] =>
        states.flatMap((state) =>
          kind === 'spikingLstm' ? (state as readonly (readonly number[])[])[index]! : (state as readonly number[]),
        )
      expect([...recorded[`${kind}1.h`]!.data]).toEqual(expected(0))
      if (kind === 'spikingLstm') expect([...recorded[`${kind}1.c`]!.data]).toEqual(expected(1))
      const g: Readonly<Record<string, readonly number[]>> = example.param_grad
      const names = {
        inputWeight: 'linear_ih.weight',
        inputBias: 'linear_ih.bias',
        hiddenWeight: 'linear_hh.weight',
        hiddenBias: 'linear_hh.bias',
      } as const
      for (const [ours, theirs] of Object.entries(names)) {
        const { data } = grads[ours as keyof typeof names]
        data.forEach((value, i) => expect(Math.abs(value - g[theirs]![i]!), `${ours}[${i}]`).toBeLessThan(1e-8))
      }
    })
  }

  it('the LSTM keeps its cell at 1, and lets the gradient through there', async () => {
    const zero = (shape: readonly number[]) =>
      variable({ data: new Float64Array(shape.reduce((a, b) => a * b, 1)), shape })
    const net = sequential(recurrentLayer('spikingLstm', { inputWeight: zero([4, 1]), hiddenWeight: zero([4, 1]) }))
    const { c, dc } = await compile(
      (before: Tensor) => {
        const result = net.run('step', before.mul(0), { state: { spikingLstm1: { c: before } } })
        const { c: after } = result.state['spikingLstm1']!
        return { c: after!, dc: grad(after!.sum(), before) }
      },
      { backend },
    )({ data: Float64Array.of(1, 0), shape: [2, 1] })
    expect([...c.data]).toEqual([1, 1]) // 1 1 + 1 1 = 2, cut to 1
    expect([...dc.data]).toEqual([1, 1]) // f
  })

  it('the candidate has a spike function of its own', async () => {
    const weights = { inputWeight: variable(values([6, 2], 1)), hiddenWeight: variable(values([6, 2], 2)) }
    const gradient = (candidateSurrogate = erf()) => {
      const net = sequential(recurrentLayer('spikingGru', weights, { candidateSurrogate }))
      return compile((x: Tensor) => grad(net.forward(x).sum(), weights), { backend })(values([3, 1, 2], 5))
    }
    const [same, other] = [await gradient(), await gradient(sigmoid())]
    expect([...other.inputWeight.data]).not.toEqual([...same.inputWeight.data])
  })

  it('learnable surrogates train with the layer, and are there when it is made again', async () => {
    const surrogate = sigmoid({ alpha: learnable(2) })
    const cell = recurrentCell('spikingGru', 2, 8, { surrogate, candidateSurrogate: erf({ alpha: learnable(1) }) })
    const net = sequential(cell)
    const path = ['surrogate.alpha', 'candidateSurrogate.alpha'].map((name) => `spikingGru1.${name}`)
    expect(Object.keys(net.parameters())).toEqual(expect.arrayContaining(path))
    const gradients = await compile((x: Tensor) => grad(net.forward(x).sum(), net.parameters()), { backend })({
      data: Float32Array.of(0.3, -0.2, 0.5, 0.9, -0.4, 0.1),
      shape: [3, 1, 2],
    })
    for (const name of path) expect(gradients[name]!.data[0]).not.toBe(0)
    const again = createLayer(cell.kind, JSON.parse(JSON.stringify(cell.config)) as typeof cell.config, cell.variables)!
    expect(again).toMatchObject({ config: cell.config, trainable: cell.trainable })
    expect(again.variables).toEqual(cell.variables)
    // one function for both is one parameter
    expect(
      Object.keys(recurrentCell('spikingGru', 2, 2, { surrogate }).variables).filter((name) => name.endsWith('alpha')),
    ).toEqual(['surrogate.alpha'])
  })
})

describe('layers of cells', () => {
  const [T, N, inputs, hidden] = [6, 2, 3, 8]
  const x = scattered([T, N, inputs], 7)
  for (const [kind, make] of Object.entries(makers)) {
    it(`${kind}: layer-wise, stepwise and stream are equal, two halves are one whole, gradients too`, async () => {
      const net = inDouble(make(inputs, hidden, { layers: 2 }))
      const record = ['*.h']
      const layerwise = await compile((input: Tensor) => net.run('sequence', input, { record }), { backend })(x)
      const inOneLoop = await compile((input: Tensor) => stepwise(net, input, { record }), { backend })(x)
      const out = layerwise.outputs['layer2']!
      expect(out.shape).toEqual([T, N, hidden])
      expect(new Set(out.data)).toEqual(new Set([0, 1]))
      expect(inOneLoop.outputs['layer2']!.data).toEqual(out.data)
      expect(inOneLoop.recorded['layer1.h']!.data).toEqual(layerwise.recorded['layer1.h']!.data)

      const live = stream(net)
      const step = compile((now: Tensor) => live.step(now), { backend })
      const run = compile((input: Tensor, state?: NetworkState) => net.run('sequence', input, { state }), { backend })
      const half = (from: number) => ({
        data: x.data.slice(from * N * inputs, (from + T / 2) * N * inputs),
        shape: [T / 2, N, inputs],
      })
      const first = await run(half(0), undefined)
      const second = await run(half(T / 2), first.state)
      expect([...first.outputs['layer2']!.data, ...second.outputs['layer2']!.data]).toEqual([...out.data])
      for (let t = 0; t < T; t++) {
        const now = await step({ data: x.data.slice(t * N * inputs, (t + 1) * N * inputs), shape: [N, inputs] })
        expect([...now.data]).toEqual(Array.from(out.data).slice(t * N * hidden, (t + 1) * N * hidden))
      }

      const gradients = (stepping: boolean) =>
        compile(
          (input: Tensor) =>
            grad(
              (stepping ? net.single(stepwise(net, input)) : net.forward(input))
                .mul(tensor(values(out.shape, 11)))
                .sum(),
              net.parameters(),
            ),
          { backend },
        )(x)
      const [a, b] = [await gradients(false), await gradients(true)]
      for (const [name, value] of Object.entries(a)) {
        expect(
          value.data.some((g) => Math.abs(g) > 1e-6),
          name,
        ).toBe(true)
        expectClose(b[name]!, value, 1e-10)
      }
    })

    it(`${kind}: bidirectional is a layer beside one over the reversed sequence, and needs it whole`, async () => {
      const net = inDouble(make(inputs, hidden, { layers: 2, bidirectional: true }))
      expect(evaluateShapes(() => net.forward(placeholder([T, N, inputs], 'float64'))).shape).toEqual([
        T,
        N,
        2 * hidden,
      ])
      const one = (name: string) => sequential(net.node(name).layer)
      const { whole, forward, backward } = await compile(
        (input: Tensor) => {
          const reversed = sequential(reverseTimeLayer({}))
          return {
            whole: net.run('sequence', input, { record: ['both1.output'] }).recorded['both1.output']!,
            forward: one('forward1').forward(input),
            backward: reversed.forward(one('backward1').forward(reversed.forward(input))),
          }
        },
        { backend },
      )(x)
      const row = (data: ArrayLike<number>, size: number, i: number) => Array.from(data).slice(i * size, (i + 1) * size)
      for (let i = 0; i < T * N; i++)
        expect(row(whole.data, 2 * hidden, i)).toEqual([
          ...row(forward.data, hidden, i),
          ...row(backward.data, hidden, i),
        ])
      expect(new Set(whole.data)).toEqual(new Set([0, 1]))

      const needsSequence = expect.objectContaining({ code: 'NEEDS_SEQUENCE', details: { layer: 'reverseTime' } })
      expect(() => evaluateShapes(() => stepwise(net, placeholder([T, N, inputs], 'float64')))).toThrow(needsSequence)
      expect(() => evaluateShapes(() => stream(net).step(placeholder([N, inputs], 'float64')))).toThrow(needsSequence)
    })
  }

  it('draw their weights from U(-1/sqrt(hidden), 1/sqrt(hidden)), each from numbers of its own', async () => {
    const variables = Object.entries(spikingLstm(3, 16, { layers: 2 }).parameters())
    expect(variables.map(([name, { shape }]) => [name, shape])).toEqual([
      ['layer1.inputWeight', [64, 3]],
      ['layer1.inputBias', [64]],
      ['layer1.hiddenWeight', [64, 16]],
      ['layer1.hiddenBias', [64]],
      ['layer2.inputWeight', [64, 16]],
      ['layer2.inputBias', [64]],
      ['layer2.hiddenWeight', [64, 16]],
      ['layer2.hiddenBias', [64]],
    ])
    const all = await Promise.all(variables.map(async ([, v]) => [...(await v.data())]))
    for (const data of all) {
      expect(Math.max(...data.map(Math.abs))).toBeLessThanOrEqual(0.25)
      expect(Math.max(...data.map(Math.abs))).toBeGreaterThan(0.22)
    }
    expect(new Set(all.map((data) => data[0])).size).toBe(all.length)
    expect(Object.keys(spikingGru(3, 4, { bias: false }).parameters())).toEqual([
      'layer1.inputWeight',
      'layer1.hiddenWeight',
    ])
  })

  it('drop values between layers in training only, all in the same way in every mode', async () => {
    for (const invariantDropout of [false, true]) {
      const make = () => spikingRnn(2, 50, { layers: 2, dropout: 0.4, invariantDropout })
      const ones = { data: new Float32Array(5 * 2 * 50).fill(1), shape: [5, 2, 50] }
      const layer = () => sequential(make().node('dropout1').layer)
      const net = layer()
      const train = compile((input: Tensor) => net.forward(input, { training: true }), { backend })
      const [first, second] = [await train(ones), await train(ones)]
      const kept = first.data.filter((value) => value > 0)
      for (const value of kept) expect(value).toBeCloseTo(1 / 0.6, 6)
      expect(kept.length / 500).toBeGreaterThan(0.45)
      expect(kept.length / 500).toBeLessThan(0.75)
      expect([...second.data]).not.toEqual([...first.data])
      const step = (data: ArrayLike<number>, t: number) => Array.from(data).slice(t * 100, (t + 1) * 100)
      for (let t = 1; t < 5; t++) {
        if (invariantDropout) expect(step(first.data, t)).toEqual(step(first.data, 0))
        else expect(step(first.data, t)).not.toEqual(step(first.data, 0))
      }
      const other = layer()
      const loop = compile((input: Tensor) => other.single(stepwise(other, input, { training: true })), { backend })
      expect([...(await loop(ones)).data]).toEqual([...first.data])
      expect([...(await loop(ones)).data]).toEqual([...second.data])
      expect([...(await compile((input: Tensor) => net.forward(input), { backend })(ones)).data]).toEqual([
        ...ones.data,
      ])
      expect(Object.keys(make().parameters()).some((name) => name.startsWith('dropout'))).toBe(false)
    }
  })

  it('refuse sizes, probabilities, kinds and arrays that cannot be', () => {
    const argument = expect.objectContaining({ code: 'ARGUMENT' })
    expect(() => spikingRnn(0, 4)).toThrow(argument)
    expect(() => spikingLstm(2, 2.5)).toThrow(argument)
    expect(() => spikingGru(2, 4, { layers: 0 })).toThrow(argument)
    for (const dropout of [-0.1, 1, Number.NaN]) expect(() => spikingGru(2, 4, { dropout })).toThrow(argument)
    expect(() => recurrentCell('lstm' as never, 2, 4)).toThrow(argument)
    const shape = expect.objectContaining({ code: 'SHAPE' })
    expect(() =>
      recurrentLayer('spikingLstm', { inputWeight: variable(values([4, 2])), hiddenWeight: variable(values([8, 2])) }),
    ).toThrow(shape)
    expect(() => recurrentLayer('spikingLstm', {})).toThrow(shape)
    expect(() => evaluateShapes(() => spikingRnn(3, 4).forward(placeholder([5, 2, 4])))).toThrow(shape)
  })
})
