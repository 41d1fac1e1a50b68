import { sizeOf } from '@snn/tensor'
import { dataType, dataTypeName, elementTypes, graphDType, tensorOf } from '../dtype.js'
import { invalid, NotUnderstood } from '../errors.js'
import type { OnnxTensor } from '../graph.js'
import { TensorProto_DataLocation, type TensorProto } from '../proto/onnx_pb.js'
import type { ExternalData } from './external.js'
import { maxRank } from './limits.js'
import { fromBfloat16, fromFloat16, fromInt4 } from './half.js'

/** Reports a conversion that the user should know of. */
export type Note = (text: string) => void

/** The sizes of a shape in a file, checked: whole, not negative, not too many, their product exact. */
function checkDims(dims: readonly bigint[], where: string): number[] {
  if (dims.length > maxRank) throw invalid(where, `it has ${dims.length} axes, expected at most ${maxRank}`)
  const shape = dims.map(Number)
  const size = sizeOf(shape)
  if (!shape.every((n) => n >= 0) || !Number.isSafeInteger(size)) {
    throw invalid(where, `its shape is [${shape.join(',')}], expected sizes of at least 0 with a product below 2^53`)
  }
  return shape
}

/**
 * A constant of the file. The bytes that its shape needs must be there before any memory is taken for them.
 * Throws ONNX_INVALID when they do not fit; NotUnderstood for an element type that graphs do not have.
 */
export function readTensor(proto: TensorProto, where: string, external: ExternalData, note: Note): OnnxTensor {
  const code = proto.dataType ?? 0
  const shape = checkDims(proto.dims, where)
  const dtype = graphDType(code)
  if (dtype === undefined) {
    if (dataTypeName(code).startsWith('data type') || code === 0)
      throw invalid(where, `its element type is ${code}, which ONNX does not define`)
    throw new NotUnderstood(`its element type is ${dataTypeName(code)}`, 'Export the model with float32 weights.')
  }
  if (proto.segment)
    throw new NotUnderstood('it is stored in segments', 'Save the model again with a current exporter.')
  const length = sizeOf(shape)
  const raw = rawBytes(proto, where, external)
  if (code === dataType.float16 || code === dataType.bfloat16) {
    const bits = raw
      ? (aligned(raw, 2, length, where, (b, n) => new Uint16Array(b, 0, n)) as Uint16Array)
      : typed(proto.int32Data, length, where)
    note(`Weights stored as ${dataTypeName(code)} were expanded to float32.`)
    return { dtype: 'float32', shape, data: code === dataType.float16 ? fromFloat16(bits) : fromBfloat16(bits) }
  }
  if (code === dataType.int4 || code === dataType.uint4) {
    const bytes = raw
      ? checkLength(raw, Math.ceil(length / 2), where)
      : typed(proto.int32Data, Math.ceil(length / 2), where)
    note(`Weights stored as ${dataTypeName(code)} were expanded to ${dtype}.`)
    return { dtype, shape, data: fromInt4(bytes, length, code === dataType.int4) } as OnnxTensor
  }
  if (code === dataType.float64) note('float64 values were rounded to float32.')
  if (raw) {
    const stored = code === dataType.float64 ? elementTypes.float64 : elementTypes[dtype]
    const data = aligned(raw, stored.bytes, length, where, (buffer, n) => new stored.array(buffer, 0, n))
    if (data instanceof Float64Array) return { dtype: 'float32', shape, data: Float32Array.from(data) }
    if (dtype === 'bool') (data as Uint8Array).forEach((v, i, all) => (all[i] = v ? 1 : 0))
    return { dtype, shape, data } as OnnxTensor
  }
  return tensorOf(dtype, shape, typed(typedField(proto, code), length, where))
}

function typedField(proto: TensorProto, code: number): readonly (number | bigint)[] {
  switch (code) {
    case 1:
      return proto.floatData
    case 7:
      return proto.int64Data
    case 11:
      return proto.doubleData
    case 12:
    case 13:
      return proto.uint64Data
    default:
      return proto.int32Data
  }
}

function typed<T extends number | bigint>(values: readonly T[], length: number, where: string): readonly T[] {
  if (values.length !== length) throw invalid(where, `it holds ${values.length} values, expected ${length}`)
  return values
}

function checkLength(raw: Uint8Array, bytes: number, where: string): Uint8Array {
  if (raw.byteLength !== bytes) throw invalid(where, `it holds ${raw.byteLength} bytes, expected ${bytes}`)
  return raw
}

/** A copy of the bytes, seen as elements. (`slice` would not copy a Node Buffer.) */
function aligned<T>(
  raw: Uint8Array,
  bytes: number,
  length: number,
  where: string,
  view: (buffer: ArrayBuffer, length: number) => T,
): T {
  checkLength(raw, bytes * length, where)
  return view(new Uint8Array(raw).buffer, length)
}

/** The stored bytes, in the file or outside; undefined when the values are in a typed field. */
function rawBytes(proto: TensorProto, where: string, external: ExternalData): Uint8Array | undefined {
  if (proto.dataLocation !== TensorProto_DataLocation.EXTERNAL)
    return proto.rawData.byteLength > 0 ? proto.rawData : undefined
  return external(new Map(proto.externalData.map((e) => [e.key ?? '', e.value ?? ''])), where)
}
