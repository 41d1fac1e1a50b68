import { readOnnx, writeOnnx, type OnnxDType, type OnnxModelSpec, type OnnxTensor } from '@snn/onnx'
import { describe, expect, it } from 'vitest'
import { inputRange } from './input-range.js'

const float = (...values: number[]): OnnxTensor => ({
  dtype: 'float32',
  shape: values.length === 1 ? [] : [values.length, 1, 1],
  data: Float32Array.from(values),
})
const byte = (value: number): OnnxTensor => ({ dtype: 'uint8', shape: [], data: Uint8Array.of(value) })

/** What a network of pictures tells that begins with these operations, each with constants. */
function rangeOf(dtype: OnnxDType, ...steps: readonly (readonly [op: string, ...constants: OnnxTensor[]])[]) {
  const constants: Record<string, OnnxTensor> = {
    w: { dtype: 'float32', shape: [2, 3, 1, 1], data: new Float32Array(6).fill(0.5) },
  }
  const nodes: OnnxModelSpec['nodes'][number][] =
    dtype === 'float32' ? [] : [{ op: 'Cast', inputs: ['x'], outputs: ['x.float'], attributes: { to: 1 } }]
  let name = dtype === 'float32' ? 'x' : 'x.float'
  for (const [i, [op, ...values]] of steps.entries()) {
    const names = values.map((value, k) => {
      constants[`c${i}.${k}`] = value
      return `c${i}.${k}`
    })
    nodes.push({ op, inputs: [name, ...names], outputs: [`s${i}`] })
    name = `s${i}`
  }
  nodes.push({ op: 'Conv', inputs: [name, 'w'], outputs: ['y'] })
  return inputRange(
    readOnnx(
      writeOnnx({
        inputs: [{ name: 'x', dtype, shape: ['N', 3, 4, 4] }],
        outputs: [{ name: 'y', dtype: 'float32', shape: undefined }],
        nodes,
        constants,
      }),
    ),
  )
}

describe('inputRange', () => {
  it.each<[string, ReturnType<typeof rangeOf>, readonly [number, number] | undefined]>([
    ['bytes', rangeOf('uint8', ['Div', float(255)]), [0, 255]],
    ['signed bytes', rangeOf('int8'), [-128, 127]],
    ['nothing inside', rangeOf('float32'), undefined],
    ['x / 255', rangeOf('float32', ['Div', float(255)]), [0, 255]],
    ['x / 127.5 - 1', rangeOf('float32', ['Mul', float(1 / 127.5)], ['Sub', float(1)]), [0, 255]],
    ['2 x - 1', rangeOf('float32', ['Mul', float(2)], ['Add', float(-1)]), [0, 1]],
    [
      'mean and deviation of 0..1',
      rangeOf('float32', ['Sub', float(0.485, 0.456, 0.406)], ['Div', float(0.229, 0.224, 0.225)]),
      [0, 1],
    ],
    ['mean of pixels', rangeOf('float32', ['Sub', float(104, 117, 123)]), [0, 255]],
    ['x * 255 - mean', rangeOf('float32', ['Mul', float(255)], ['Sub', float(104, 117, 123)]), [0, 1]],
    [
      'a quantiser of -1..1',
      rangeOf(
        'float32',
        ['QuantizeLinear', float(2 / 255), byte(128)],
        ['DequantizeLinear', float(2 / 255), byte(128)],
      ),
      [-1, 1],
    ],
  ])('%s', (_, found, expected) => {
    expect(found && [found.low, found.high]).toEqual(expected)
  })
})
