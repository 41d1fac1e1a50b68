import { isSnnError } from '@snn/tensor'
import { expect, it } from 'vitest'
import {
  adaptNir,
  fromNir,
  inferShapes,
  lint,
  nirArray,
  nirToJson,
  repairNir,
  resources,
  writeNir,
  type NirGraph,
} from './index.js'

const ones = (...shape: readonly number[]) =>
  nirArray(new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(1), shape)

const graph: NirGraph = {
  type: 'NIRGraph',
  nodes: {
    input: { type: 'Input', shape: [2, 6, 6] },
    conv: {
      type: 'Conv2d',
      input_shape: [6, 6],
      weight: ones(3, 2, 3, 3),
      stride: [1, 1],
      padding: [1, 1],
      dilation: 1,
      groups: 1,
      bias: ones(3),
    },
    pool: { type: 'SumPool2d', kernel_size: [2, 2], stride: [2, 2], padding: [0, 0] },
    flat: { type: 'Flatten', input_type: [3, 3, 3], start_dim: 0, end_dim: -1 },
    dense: { type: 'Affine', weight: ones(2, 27), bias: ones(2) },
    cuba: {
      type: 'CubaLIF',
      tau_syn: ones(2),
      tau_mem: ones(2),
      r: ones(2),
      v_leak: ones(2),
      v_threshold: ones(2),
      v_reset: ones(2),
      w_in: ones(2),
    },
    output: { type: 'Output', shape: [2] },
  },
  edges: ['input', 'conv', 'pool', 'flat', 'dense', 'cuba', 'output'].flatMap((to, i, all) =>
    i === 0 ? [] : [[all[i - 1]!, to] as const],
  ),
}

const junk: readonly unknown[] = [
  undefined,
  null,
  NaN,
  -1,
  0.5,
  2 ** 53,
  '',
  'same',
  [],
  [NaN],
  Array(2),
  {},
  true,
  () => 1,
  { dtype: 'float32', shape: [1], data: [1] },
  ones(0),
  ones(5, 5),
]

/** The value with each part of it in turn replaced by junk, or left out. */
function* mutants(value: unknown, depth = 0): Generator {
  yield* junk
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || depth > 4) return
  for (const key of Object.keys(value)) {
    const copy = (): Record<string, unknown> => (Array.isArray(value) ? [...value] : { ...value }) as never
    for (const part of mutants((value as Record<string, unknown>)[key], depth + 1)) {
      const changed = copy()
      changed[key] = part
      yield changed
    }
    const without = copy()
    delete without[key]
    yield without
  }
}

const functions: Readonly<Record<string, (given: NirGraph) => unknown>> = {
  nirToJson,
  inferShapes,
  repairNir,
  resources,
  lint: (given) => lint(given, 'sinabs'),
  adaptNir: (given) => adaptNir(given, 'speck'),
  fromNir: (given) => fromNir(given, { dt: 1e-3 }),
}

it.each(Object.keys(functions))('%s takes a graph, or says what is wrong in it', (name) => {
  const run = functions[name]!
  run(graph)
  for (const given of mutants(graph)) {
    try {
      run(given as NirGraph)
    } catch (error) {
      if (!isSnnError(error)) expect.fail(`${String(error)} of ${JSON.stringify(given)}`)
    }
  }
})

it('writeNir takes a graph, or says what is wrong in it', async () => {
  await writeNir(graph)
  let count = 0
  // a file takes longer than the rest
  for (const given of mutants(graph)) {
    if (count++ % 7 !== 0) continue
    try {
      await writeNir(given as NirGraph)
    } catch (error) {
      if (!isSnnError(error)) expect.fail(`${String(error)} of ${JSON.stringify(given)}`)
    }
  }
})
