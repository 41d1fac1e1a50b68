/**
 * The little of FlatBuffers that AEDAT 4 needs: a table's fields by number. Reading is by DataView, which throws a
 * RangeError for what lies outside of the bytes. (The `flatbuffers` package would add generated code and reads past the
 * end without a word.)
 */
export interface Table {
  readonly view: DataView
  readonly at: number
}

/** The root table of a buffer that starts with its own size. */
export function rootTable(bytes: Uint8Array): Table {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  return { view, at: 4 + view.getUint32(4, true) }
}

/** The four letters that tell what a buffer that starts with its own size holds. */
export function identifier(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes.subarray(8, 12))
}

/** Where field `number` of the table is, or undefined where it has its default. */
export function fieldOf({ view, at }: Table, number: number): number | undefined {
  const vtable = at - view.getInt32(at, true)
  const entry = 4 + 2 * number
  if (entry >= view.getUint16(vtable, true)) return undefined
  const offset = view.getUint16(vtable + entry, true)
  return offset === 0 ? undefined : at + offset
}

/**
 * The first element and the length of the vector (or string) in field `number`. Throws RangeError when it does not lie
 * within the bytes.
 */
export function vectorOf(
  table: Table,
  number: number,
  elementSize: number,
): { readonly from: number; readonly length: number } {
  const field = fieldOf(table, number)
  if (field === undefined) return { from: 0, length: 0 }
  const vector = field + table.view.getUint32(field, true)
  const length = table.view.getUint32(vector, true)
  if (vector + 4 + length * elementSize > table.view.byteLength) throw new RangeError(`vector of ${length} elements`)
  return { from: vector + 4, length }
}
