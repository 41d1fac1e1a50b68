import { fromFloat16, toFloat16 } from '@snn/onnx'
import { SnnError } from '@snn/tensor'

/** Arrays that ONNX Runtime takes and gives, by its names of types. */
const arrays = {
  float32: Float32Array,
  float64: Float64Array,
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  int32: Int32Array,
  uint32: Uint32Array,
} as const

/**
 * Numbers in the type of a model's input. Throws `ARGUMENT` for a type that holds no numbers, and for numbers that it
 * does not hold, such as
 * 0.5 for whole numbers: they would become others without a word.
 */
export function toInput(
  values: Float32Array,
  type: string,
): Float32Array | Uint16Array | BigInt64Array | BigUint64Array | Uint8Array {
  if (type === 'float32') return values
  if (type === 'float16') return toFloat16(values)
  const Wide = type === 'int64' ? BigInt64Array : type === 'uint64' ? BigUint64Array : undefined
  const Own = Object.hasOwn(arrays, type) ? arrays[type as keyof typeof arrays] : undefined
  if (!Wide && !Own)
    throw new SnnError(
      'ARGUMENT',
      `[eval] the input of the model is ${type}, expected numbers. Export it with a float32 input.`,
      { name: 'inputs', value: type },
    )
  const out = Wide ? undefined : (Own!.from(values) as Uint8Array)
  if (type !== 'float64') {
    const wrong = values.find((value, i) =>
      out ? out[i] !== value : !Number.isInteger(value) || (type === 'uint64' && value < 0),
    )
    if (wrong !== undefined) {
      throw new SnnError(
        'ARGUMENT',
        `[eval] the input of the model is ${type}, and the data, preprocessed, hold ${wrong}, expected numbers of that type. Pixels as they are: --preprocess 0-255.`,
        { name: '--preprocess', value: wrong },
      )
    }
  }
  return out ?? Wide!.from(Array.from(values, BigInt) as never)
}

/** What an output of any type holds, as numbers. Throws `ARGUMENT` for texts. */
export function fromOutput(data: unknown, type: string, output: string): ArrayLike<number> {
  if (type === 'float16' && data instanceof Uint16Array) return fromFloat16(data)
  if (data instanceof BigInt64Array || data instanceof BigUint64Array)
    return Float64Array.from(data as BigInt64Array, Number)
  if (ArrayBuffer.isView(data)) return data as unknown as ArrayLike<number>
  throw new SnnError(
    'ARGUMENT',
    `[eval] the output ${output} of the model is ${type}, expected numbers. Choose another with --output.`,
    { name: '--output', value: output },
  )
}
