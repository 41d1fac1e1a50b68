import { sizeOf } from '@snn/tensor'
import { stridesOf } from '@snn/tensor/library'
import { allocateData, isFloatType, numbersOf } from '../dtype.js'
import { product } from '../dim.js'
import type { OnnxTensor } from '../graph.js'
import { isSymbolic, type Folder } from './block.js'

interface Reduction {
  readonly start: number
  readonly step: (total: number, value: number) => number
  readonly end?: (total: number, count: number) => number
}

const reducers: Readonly<Record<string, Reduction>> = {
  ReduceSum: { start: 0, step: (t, v) => t + v },
  ReduceMean: { start: 0, step: (t, v) => t + v, end: (t, n) => t / n },
  ReduceMax: { start: -Infinity, step: Math.max },
  ReduceMin: { start: Infinity, step: Math.min },
  ReduceProd: { start: 1, step: (t, v) => t * v },
  ReduceL1: { start: 0, step: (t, v) => t + Math.abs(v) },
  ReduceL2: { start: 0, step: (t, v) => t + v * v, end: Math.sqrt },
  ReduceSumSquare: { start: 0, step: (t, v) => t + v * v },
}

function reducing({ start, step, end }: Reduction): Folder {
  return (node, [x, axesBlock], [out]) => {
    const axes = numbersOf(axesBlock as OnnxTensor)
    if (isSymbolic(x!)) {
      // The product of a list of sizes: the one reduction that shape computations use.
      return node.op === 'ReduceProd' && x.shape.length === 1 ? [[product(x.data)]] : undefined
    }
    const { shape, data } = x!
    const kept = shape.map((n, i) => (axes.includes(i) ? 1 : n))
    const strides = stridesOf(kept)
    const from = stridesOf(shape)
    const totals = new Float64Array(sizeOf(kept)).fill(start)
    for (let i = 0; i < data.length; i++) {
      let at = 0
      for (let axis = 0; axis < shape.length; axis++)
        if (kept[axis]! > 1) at += (Math.floor(i / from[axis]!) % shape[axis]!) * strides[axis]!
      totals[at] = step(totals[at]!, Number(data[i]))
    }
    const count = data.length / (totals.length || 1)
    const result = allocateData(out!.dtype, totals.length)
    const whole = !isFloatType(out!.dtype)
    for (let i = 0; i < totals.length; i++) {
      const total = end ? end(totals[i]!, count) : totals[i]!
      const value = whole ? Math.trunc(total) : total
      if (whole && !Number.isSafeInteger(value)) return undefined
      result[i] = (typeof result[0] === 'bigint' ? BigInt(value) : value) as never
    }
    return [result]
  }
}

export const reductions: Readonly<Record<string, Folder>> = Object.fromEntries(
  Object.entries(reducers).map(([op, r]) => [op, reducing(r)]),
)
