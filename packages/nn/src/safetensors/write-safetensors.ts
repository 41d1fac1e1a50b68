import { hostTensor, SnnError, type DType, type TensorLike } from '@snn/tensor'
import { checkObject } from '@snn/tensor/library'
import { dtypeNames, metadataKey, prefixLength } from './format.js'

const order = Object.keys(dtypeNames) as DType[]

/**
 * Tensors by name as a file of the safetensors format: byte for byte what the Python package writes for the same
 * tensors (sorted by dtype, then by name), with `metadata` in the order given.
 *
 * @throws `SHAPE`, `DTYPE` for data that do not fit their shape or dtype; `ARGUMENT` for the reserved name
 * `__metadata__` and for metadata that are not strings
 */
export function writeSafetensors(
  tensors: Readonly<Record<string, TensorLike>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  checkObject('writeSafetensors', tensors, 'tensors', 'arrays by name')
  checkObject('writeSafetensors', metadata, 'metadata', 'texts by name')
  if (metadataKey in tensors)
    throw wrong(
      'name',
      metadataKey,
      `a tensor is called '${metadataKey}', which the format reserves, expected another name. Rename it.`,
    )
  for (const [key, value] of Object.entries(metadata)) {
    if (typeof value !== 'string')
      throw wrong('metadata', value, `metadata '${key}' is a ${typeof value}, expected a string. Use JSON.stringify.`)
  }
  const sorted = Object.entries(tensors)
    .map(([name, value]) => ({ name, ...hostTensor(value, `writeSafetensors: ${name}`) }))
    .sort((a, b) => order.indexOf(a.dtype) - order.indexOf(b.dtype) || compareCodePoints(a.name, b.name))
  let end = 0
  const entries = sorted.map(
    ({ name, dtype, shape, data }) =>
      [name, { dtype: dtypeNames[dtype], shape, data_offsets: [end, (end += data.byteLength)] }] as const,
  )
  const header = new TextEncoder().encode(
    jsonObject([...(Object.keys(metadata).length > 0 ? [[metadataKey, metadata] as const] : []), ...entries]),
  )
  const start = prefixLength + Math.ceil(header.length / 8) * 8

  const file = new Uint8Array(start + end).fill(0x20, 0, start)
  new DataView(file.buffer).setBigUint64(0, BigInt(start - prefixLength), true)
  file.set(header, prefixLength)
  let at = start
  for (const { data } of sorted) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at)
    at += data.byteLength
  }
  return file
}

/** An object as JSON, its keys in this order even where they look like numbers. */
function jsonObject(entries: readonly (readonly [string, unknown])[]): string {
  return `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',')}}`
}

/** The order of UTF-8 bytes. */
function compareCodePoints(a: string, b: string): number {
  const [left, right] = [Array.from(a), Array.from(b)]
  const differs = left.findIndex((unit, i) => unit !== right[i])
  if (differs < 0) return left.length - right.length
  return right[differs] === undefined ? 1 : left[differs]!.codePointAt(0)! - right[differs].codePointAt(0)!
}

function wrong(name: string, value: unknown, text: string): SnnError {
  return new SnnError('ARGUMENT', `[writeSafetensors] ${text}`, { name, value })
}
