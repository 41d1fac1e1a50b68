import { readFileSync } from 'node:fs'
import { cpu } from '@snn/backend-cpu'
import { atan } from '@snn/surrogate'
import { compile, reference, stack, type Backend, type Tensor } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import { alif } from '../test/alif.js'
import { membraneFile, membranePicture } from '../test/membrane-picture.js'
import { made, models, type Make } from '../test/models.js'
import { fewSpike, learnable, lif, maskedPsn, noisy, phaseNeuron, psn, type Cell } from './index.js'
import { run } from './run.js'

const T = 7
/** T steps of [3, 2] neurons. */
const rows = Array.from({ length: T }, (_, t) =>
  Array.from({ length: 3 }, (_, n) =>
    Array.from({ length: 2 }, (_, c) => 0.7 + 2 * Math.sin(12.9898 * (1 + c + 2 * n + 6 * t))),
  ),
)
const flat = (values: unknown): number[] => (Array.isArray(values) ? values.flatMap(flat) : [values as number])

/** Spikes, outputs and states of a compiled function that goes through the steps by itself. */
async function compiled(cell: Cell, inputs: readonly unknown[], dtype: 'float32' | 'float64', backend: Backend) {
  const steps = compile(
    (x: Tensor) => {
      let state = cell.initialState(x.shape.slice(1), x.dtype)
      const results = Array.from({ length: inputs.length }, (_, t) => {
        const result = cell.step(x.at(0, t), state)
        state = result.state
        return result
      })
      const names = Object.keys(state)
      return {
        spike: stack(results.map(({ spike }) => spike)),
        output: stack(results.map(({ output }) => output)),
        trace: Object.fromEntries(
          names.map((name) => [name, stack(results.map((result) => result.state[name]!.broadcastTo([3, 2])))]),
        ),
      }
    },
    { backend },
  )
  const { spike, output, trace } = await steps({
    data: (dtype === 'float32' ? Float32Array : Float64Array).from(flat(inputs)),
    shape: [inputs.length, 3, 2],
  })
  return {
    spike: [...spike.data],
    output: [...output.data],
    trace: Object.fromEntries(Object.entries(trace).map(([name, { data }]) => [name, [...data]])),
  }
}

const inFloat32: Readonly<Record<string, Make>> = {
  ...models,
  'of a user': () => alif(),
  'a maskedPsn of steps': () => maskedPsn({ T, k: 2, lambda: 1 }),
  'learnable per channel': () => lif({ tau: learnable(1.5, { per: 'channel' }) }),
}
/** The Variables of `made` are float64. */
const neurons = { ...inFloat32, ...made }

describe('run', () => {
  for (const [name, make] of Object.entries(neurons)) {
    const inputs =
      name === 'hodgkinHuxley' ? rows.map((step) => step.map((row) => row.map((value) => 40 * value))) : rows

    it(`${name}: equals the compiled cell, at once and in two halves`, async () => {
      const cell = make({})
      const { spike, output, trace } = await run(cell, inputs)
      const plain = {
        spike: flat(spike),
        output: flat(output),
        trace: Object.fromEntries(Object.entries(trace).map(([state, values]) => [state, flat(values)])),
      }
      expect(plain).toEqual(await compiled(cell, inputs, 'float64', reference()))
      const first = await run(cell, inputs.slice(0, 3))
      const second = await run(cell, inputs.slice(3), { state: first.state })
      expect([...first.spike, ...second.spike]).toEqual(spike)
      for (const [state, values] of Object.entries(trace))
        expect([...first.trace[state]!, ...second.trace[state]!], state).toEqual(values)
    })
  }

  it('gives in float32 what the CPU backend gives', async () => {
    const backend = await cpu({ threads: 1 })
    for (const [name, make] of Object.entries(inFloat32)) {
      const cell = make({})
      const { spike, output, trace } = await run(cell, rows, { dtype: 'float32' })
      const expected = await compiled(cell, rows, 'float32', backend)
      expect(flat(spike), name).toEqual(expected.spike)
      for (const [part, values] of Object.entries<unknown>({ output, ...trace })) {
        const other = part === 'output' ? expected.output : expected.trace[part]!
        flat(values).forEach((value, i) =>
          expect(Math.abs(value - other[i]!), `${name}: ${part}`).toBeLessThan(1e-5 * Math.max(1, Math.abs(value))),
        )
      }
    }
    await backend.dispose()
  })

  it('takes one neuron as plain numbers, and gives plain numbers', async () => {
    const { spike, trace, state } = await run(lif(), [0.5, 1.5, 1.5])
    expect({ spike, trace, state }).toEqual({ spike: [0, 0, 1], trace: { v: [0.25, 0.875, 0] }, state: { v: 0 } })
    const from: number[] = (await run(lif(), Float32Array.of(0.5), { state: { v: 2 } })).spike
    expect(from).toEqual([1])
    expect((await run(lif(), [Float32Array.of(0, 4), [4, 0]], { state: { v: [0.5, 0] } })).spike).toEqual([
      [0, 1],
      [1, 0],
    ])
    expect((await run(phaseNeuron(), [1, 1])).trace.steps).toEqual([1, 2])
  })

  it('takes neurons of whole sequences', async () => {
    expect((await run(psn({ T: 2 }), [5, 5])).output).toHaveLength(2)
    expect(
      await run(fewSpike({ theta: [0.6, 0.3], h: [0.6, 0.3], d: [0.6, 0.3] }, { surrogate: atan() }), [[1], [0]]),
    ).toHaveProperty('output')
    await expect(run(psn({ T: 2 }), [1, 2, 3])).rejects.toMatchObject({ code: 'SHAPE' })
  })

  it('leaves the noise of training as it was, unless it is asked for', async () => {
    const cell = noisy(lif(), { size: 2, steps: 4 })
    await run(cell, rows)
    expect(await cell.variables['step']!.data()).toEqual(Int32Array.of(0))
    await run(cell, rows, { training: true })
    expect(await cell.variables['step']!.data()).toEqual(Int32Array.of(T))
  })

  it.each<[string, unknown, unknown, unknown, RegExp]>([
    ['no cell', lif, [1], {}, /^\[run\] cell is the function lif.*Call it/],
    ['a number', lif(), 1, {}, /^\[run\] inputs is the number 1, expected an array/],
    ['a text among numbers', lif(), [1, '2'], {}, /inputs\[1\] is the string '2', expected a finite number/],
    ['NaN', lif(), [[1, NaN]], {}, /inputs\[0\]\[1\] is the number NaN/],
    ['ragged rows', lif(), [[1, 2], [1]], {}, /inputs\[1\] has 1 values, expected 2/],
    ['a number among rows', lif(), [[1, 2], 3], {}, /inputs\[1\] is the number 3, expected a row of 2 numbers/],
    ['no steps', lif(), [], {}, /inputs of shape \[0\]/],
    ['an unknown state', lif(), [1], { state: { w: 1 } }, /unknown state 'w', expected one of v/],
    [
      'a state of another form',
      lif(),
      [[1, 2]],
      { state: { v: [1, 2, 3] } },
      /state 'v' of shape \[3\], expected \[2\] or one number/,
    ],
    [
      'a state for a sequence',
      psn({ T: 1 }),
      [1],
      { state: { v: 1 } },
      /unknown state 'v', expected none, for psn has no state/,
    ],
    ['a misspelled option', lif(), [1], { states: {} }, /unknown option 'states'/],
    [
      'a learnable per channel without channels',
      lif({ tau: learnable(2, { per: 'channel' }) }),
      [1],
      {},
      /expected \[N, C, \.\.\]/,
    ],
  ])('refuses %s', async (_, cell, inputs, options, message) => {
    await expect((run as (...args: readonly unknown[]) => Promise<unknown>)(cell, inputs, options)).rejects.toThrow(
      expect.objectContaining({ name: 'SnnError', message: expect.stringMatching(message) as string }),
    )
  })
})

it('docs/membrane.svg is what the neuron of the README does', async () => {
  expect(readFileSync(membraneFile, 'utf8'), 'draw it again: see test/membrane-picture.ts').toBe(
    await membranePicture(),
  )
})
