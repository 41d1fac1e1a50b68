import { stridesOf } from '@snn/tensor/library'
import { intAttribute } from '../access.js'
import { allocateData } from '../dtype.js'
import type { OnnxDType, OnnxTensor } from '../graph.js'
import { isSymbolic, type Folder } from './block.js'

/** For element `i` of `x` the index of its scale: one for all, one along `axis`, or one a block. */
function scaleIndex(x: OnnxTensor, scale: OnnxTensor, axis: number, block: number): (i: number) => number {
  if (scale.data.length === 1) return () => 0
  const strides = stridesOf(x.shape)
  if (block === 0) return (i) => Math.floor(i / strides[axis]!) % x.shape[axis]!
  const blocks = stridesOf(scale.shape)
  return (i) =>
    x.shape.reduce(
      (sum, size, a) => sum + Math.floor((Math.floor(i / strides[a]!) % size) / (a === axis ? block : 1)) * blocks[a]!,
      0,
    )
}

/** y = (x - zero) scale. */
const dequantize: Folder = (node, [x, scale, zero]) => {
  if (!x || !scale || isSymbolic(x) || isSymbolic(scale)) return undefined
  const at = scaleIndex(x, scale, intAttribute(node, 'axis'), intAttribute(node, 'block_size', 0))
  const out = new Float32Array(x.data.length)
  for (let i = 0; i < out.length; i++) {
    const s = at(i)
    out[i] = (Number(x.data[i]) - Number(zero?.data[s] ?? 0)) * Number(scale.data[s])
  }
  return [out]
}

const limits: Partial<Record<OnnxDType, readonly [number, number]>> = {
  int8: [-128, 127],
  uint8: [0, 255],
  int16: [-32768, 32767],
  uint16: [0, 65535],
}

/** y = saturate(round half to even(x / scale) + zero). */
const quantize: Folder = (node, [x, scale, zero], [out]) => {
  const limit = limits[out!.dtype]
  if (!x || !scale || !limit || isSymbolic(x) || isSymbolic(scale)) return undefined
  const at = scaleIndex(x, scale, intAttribute(node, 'axis'), intAttribute(node, 'block_size', 0))
  const result = allocateData(out!.dtype, x.data.length)
  for (let i = 0; i < result.length; i++) {
    const s = at(i)
    const value = roundHalfEven(Math.fround(Number(x.data[i]) / Number(scale.data[s]))) + Number(zero?.data[s] ?? 0)
    result[i] = Math.min(Math.max(value, limit[0]), limit[1]) as never
  }
  return [result]
}

function roundHalfEven(x: number): number {
  const down = Math.floor(x)
  const rest = x - down
  return rest < 0.5 ? down : rest > 0.5 ? down + 1 : down % 2 === 0 ? down : down + 1
}

export const quantizations: Readonly<Record<string, Folder>> = {
  DequantizeLinear: dequantize,
  QuantizeLinear: quantize,
}
