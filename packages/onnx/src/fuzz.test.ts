import { isSnnError } from '@snn/tensor'
import { readFileSync, statSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { f32, i64, int, model, ramp } from '../test/cases.js'
import { mutate, mutateSpec } from '../test/mutate.js'
import { opCases } from '../test/op-cases.js'
import { sharedModels } from '../test/shared-models.js'
import type { OnnxModelSpec } from './graph.js'
import { readOnnx } from './read/read.js'
import { writeOnnx } from './write.js'

/** Files of ours with most of the structures that a reader meets. */
const specs: [string, OnnxModelSpec][] = [
  [
    'convolutions',
    model(
      13,
      [1, 3, 16, 16],
      [
        ['Conv', 'x w b', 'c', { pads: [1, 1, 1, 1] }],
        ['BatchNormalization', 'c s s s v', 'n'],
        ['Relu', 'n', 'r'],
        ['MaxPool', 'r', 'p', { kernel_shape: [2, 2], strides: [2, 2], ceil_mode: 1 }],
        ['Conv', 'p w2', 'd', { auto_pad: 'SAME_UPPER', strides: [2, 2] }],
        ['GlobalAveragePool', 'd', 'g'],
        ['Flatten', 'g', 'f'],
        ['Gemm', 'f m k', 'y', { transB: 1 }],
      ],
      {
        w: ramp([4, 3, 3, 3]),
        b: ramp([4]),
        s: ramp([4]),
        v: f32([4], 1, 1, 1, 1),
        w2: ramp([2, 4, 3, 3]),
        m: ramp([5, 2]),
        k: ramp([5]),
      },
    ),
  ],
  [
    'shape arithmetic',
    model(
      13,
      ['N', 5, 12],
      [
        ['Shape', 'x', 's'],
        ['Gather', 's i0', 'n'],
        ['Gather', 's i1', 'l'],
        ['Mul', 'n three', 'nh'],
        ['Unsqueeze', 'nh ax', 'nh1'],
        ['Unsqueeze', 'l ax', 'l1'],
        ['Concat', 'nh1 l1 rest', 't', { axis: 0 }],
        ['Reshape', 'x t', 'h'],
        ['Slice', 'h a0 a1 a2', 'sl'],
        ['Expand', 'row big', 'e'],
        ['Tile', 'e rep', 'ti'],
        ['MatMul', 'sl ti', 'mm'],
        ['ConstantOfShape', 'big', 'z'],
        ['Range', 'i0 three i1', 'ra'],
        ['Cast', 'ra', 'rf', { to: 1 }],
        ['Pad', 'mm pads', 'y'],
      ],
      {
        i0: int(0),
        i1: int(1),
        three: int(3),
        ax: i64(0),
        rest: i64(-1),
        a0: i64(1),
        a1: i64(5),
        a2: i64(1),
        row: ramp([4, 1]),
        big: i64(4, 3),
        rep: i64(1, 2),
        pads: i64(0, 1, 0, 0, 2, 1),
      },
    ),
  ],
  [
    'quantised',
    model(
      13,
      ['N', 6],
      [
        ['DequantizeLinear', 'q s z', 'w', { axis: 0 }],
        ['Split', 'w', 'a b', { axis: 1 }],
        ['Concat', 'b a', 'c', { axis: 1 }],
        ['Transpose', 'c', 'd'],
        ['MatMul', 'x d', 'y'],
      ],
      { q: ramp([4, 6], 4, 'int8'), s: f32([4], 0.1, 0.2, 0.3, 0.4), z: ramp([4], 1, 'int8') },
    ),
  ],
]

const own = specs.map(([name, spec]) => [name, writeOnnx(spec)] as const)

/** Reads a damaged file: it must load, or throw a typed error, soon. */
function survives(bytes: Uint8Array, about: string): 'read' | 'refused' {
  const start = performance.now()
  let result: 'read' | 'refused' = 'read'
  try {
    const graph = readOnnx(bytes)
    writeOnnx({ ...graph, nodes: graph.nodes })
  } catch (error) {
    if (!isSnnError(error)) throw new Error(`${about}: not an SnnError`, { cause: error })
    result = 'refused'
  }
  expect(performance.now() - start, about).toBeLessThan(3000)
  return result
}

/** Changes a description; what can be written must be read or refused. */
function survivesSpec(spec: OnnxModelSpec, name: string, seed: number): void {
  let bytes: Uint8Array
  try {
    bytes = writeOnnx(mutateSpec(spec, seed))
  } catch (error) {
    expect(isSnnError(error, 'ARGUMENT'), `${name}, seed ${seed}: ${String(error)}`).toBe(true)
    return
  }
  survives(bytes, `${name}, seed ${seed}`)
}

describe('damaged files', () => {
  it.each(own)('%s: 1,000 mutations are read or refused with a typed error', (name, bytes) => {
    const counts = { read: 0, refused: 0 }
    for (let seed = 0; seed < 1000; seed++) counts[survives(mutate(bytes, seed), `${name}, seed ${seed}`)]++
    expect(counts.refused).toBeGreaterThan(100)
    expect(counts.read).toBeGreaterThan(10)
  })

  it.each(specs)('%s: 1,000 models with hostile numbers and wrong wiring', (name, spec) => {
    for (let seed = 0; seed < 1000; seed++) survivesSpec(spec, name, seed)
  })

  it('every operation: 50 models each with hostile numbers and wrong wiring', () => {
    for (const [name, { spec }] of Object.entries(opCases))
      for (let seed = 0; seed < 50; seed++) survivesSpec(spec, name, seed)
  })

  it.skipIf(sharedModels.length === 0)(
    'third-party files: 1,000 mutations',
    () => {
      const files = sharedModels
        .filter(([, path]) => statSync(path).size < 2 ** 20)
        .map(([name, path]) => [name, new Uint8Array(readFileSync(path))] as const)
      for (let seed = 0; seed < 1000; seed++) {
        const [name, bytes] = files[seed % files.length]!
        survives(mutate(bytes, seed), `${name}, seed ${seed}`)
      }
    },
    120_000,
  )

  it('noise and nothing', () => {
    for (const bytes of [
      new Uint8Array(0),
      new Uint8Array(1000).fill(0xff),
      new Uint8Array(1000),
      new TextEncoder().encode('<html>'),
    ]) {
      expect(survives(bytes, 'noise')).toBe('refused')
    }
  })
})
