import { readOnnx, writeOnnx, type OnnxModelSpec, type OnnxTensor } from '@snn/onnx'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { boundaryOf } from '../run/classes.js'
import { classOutput, onlyClassOutput } from './class-output.js'
import { importModel } from './import-onnx.js'

type Nodes = OnnxModelSpec['nodes'][number]

const int64 = (...values: number[]): OnnxTensor => ({
  dtype: 'int64',
  shape: [values.length],
  data: BigInt64Array.from(values, BigInt),
})
const float = (value: number): OnnxTensor => ({ dtype: 'float32', shape: [], data: Float32Array.of(value) })
const weight = (from: number, to: number): OnnxTensor => ({
  dtype: 'float32',
  shape: [from, to],
  data: Float32Array.from({ length: from * to }, (_, i) => Math.sin(i + 1)),
})

const constants = {
  w1: weight(4, 6),
  w3: weight(6, 3),
  w1of: weight(6, 1),
  v: weight(6, 5),
  k: int64(1),
  line: int64(-1),
  half: float(0.5),
  one: float(1),
}
const body: Nodes[] = [
  { op: 'MatMul', inputs: ['x', 'w1'], outputs: ['h'] },
  { op: 'Relu', inputs: ['h'], outputs: ['features'] },
]

/** Heads by name: nodes, and the outputs they offer with their types. */
const heads = {
  softmax: [
    { op: 'MatMul', inputs: ['features', 'w3'], outputs: ['logits'] },
    { op: 'Softmax', inputs: ['logits'], outputs: ['scores'], attributes: { axis: 1 } },
  ],
  sigmoid: [
    { op: 'MatMul', inputs: ['features', 'w1of'], outputs: ['logits'] },
    { op: 'Sigmoid', inputs: ['logits'], outputs: ['scores'] },
  ],
  pair: [
    { op: 'MatMul', inputs: ['features', 'w1of'], outputs: ['logits'] },
    { op: 'Sigmoid', inputs: ['logits'], outputs: ['p'] },
    { op: 'Sub', inputs: ['one', 'p'], outputs: ['q'] },
    { op: 'Concat', inputs: ['q', 'p'], outputs: ['scores'], attributes: { axis: 1 } },
  ],
} satisfies Record<string, Nodes[]>

const labels = {
  argMax: [{ op: 'ArgMax', inputs: ['scores'], outputs: ['label'], attributes: { axis: 1, keepdims: 0 } }],
  reshaped: [
    { op: 'ArgMax', inputs: ['scores'], outputs: ['best'], attributes: { axis: 1 } },
    { op: 'Reshape', inputs: ['best', 'line'], outputs: ['label'] },
  ],
  asFloat: [
    { op: 'ArgMax', inputs: ['scores'], outputs: ['best'], attributes: { axis: 1, keepdims: 0 } },
    { op: 'Cast', inputs: ['best'], outputs: ['label'], attributes: { to: 1 } },
  ],
  topK: [{ op: 'TopK', inputs: ['scores', 'k'], outputs: ['', 'label'] }],
} satisfies Record<string, Nodes[]>

function model(nodes: readonly Nodes[], outputs: readonly string[]) {
  const used = new Set(nodes.flatMap(({ inputs }) => inputs))
  const typed = outputs.map((name) => ({
    name,
    dtype: name === 'label' ? ('int64' as const) : ('float32' as const),
    shape: undefined,
  }))
  return writeOnnx({
    inputs: [{ name: 'x', dtype: 'float32', shape: ['N', 4] }],
    outputs: typed,
    nodes,
    constants: Object.fromEntries(Object.entries(constants).filter(([name]) => used.has(name))),
  })
}

describe('classOutput', () => {
  it('finds the same scores in whatever order outputs stand, and beside whatever else', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...(Object.keys(heads) as (keyof typeof heads)[])),
        fc.constantFrom(...(Object.keys(labels) as (keyof typeof labels)[])),
        fc
          .shuffledSubarray(['scores', 'label', 'features', 'logits'], { minLength: 1 })
          .filter((names) => names.includes('scores') || names.includes('label')),
        (head, label, outputs) => {
          const nodes = [...body, ...heads[head], ...(outputs.includes('label') ? labels[label] : [])]
          const bytes = model(nodes, outputs)
          const found = onlyClassOutput(readOnnx(bytes), undefined)
          expect(found).toMatchObject({
            scores: 'scores',
            output: outputs.includes('scores') ? 'scores' : 'label',
            isLabel: !outputs.includes('scores'),
          })
          // of two scores the larger counts
          if (head !== 'pair') expect(boundaryOf(importModel(bytes).network)).toBe(found.boundary)
        },
      ),
      { numRuns: 150 },
    )
  })

  it('two heads need the option output, and inspect shows the first', () => {
    const nodes = [...body, ...heads.softmax, { op: 'MatMul', inputs: ['features', 'v'], outputs: ['other'] }]
    for (const outputs of [
      ['other', 'scores'],
      ['scores', 'other'],
    ]) {
      const graph = readOnnx(model(nodes, outputs))
      expect(() => onlyClassOutput(graph)).toThrow(/scores \[N,3\].*any of them may hold the classes.*--output/)
      expect(onlyClassOutput(graph, 'scores').scores).toBe('scores')
      expect(classOutput(graph)).toMatchObject({ output: outputs[0], rivals: [outputs[1]] })
    }
  })

  it.each<[string, Nodes[], string, number]>([
    ['a logit', [{ op: 'MatMul', inputs: ['features', 'w1of'], outputs: ['out'] }], 'out', 0],
    [
      'a sigmoid in a line',
      [...heads.sigmoid, { op: 'Reshape', inputs: ['scores', 'line'], outputs: ['out'] }],
      'out',
      0.5,
    ],
    ['its complement', heads.pair.slice(0, 3), 'q', 0.5],
    [
      'a class above a boundary',
      [
        ...heads.sigmoid,
        { op: 'Greater', inputs: ['scores', 'half'], outputs: ['over'] },
        { op: 'Cast', inputs: ['over'], outputs: ['label'], attributes: { to: 7 } },
      ],
      'label',
      0.5,
    ],
  ])('%s tells two classes apart', (_, nodes, output, boundary) => {
    expect(classOutput(readOnnx(model([...body, ...nodes], [output])))).toMatchObject({ output, boundary })
  })
})
