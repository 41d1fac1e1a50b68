import { SnnError } from '@snn/tensor'
import { isText, type NetDType, type NetText, type NetValue } from '../net/net-value.js'
import { ByteWriter } from './byte-writer.js'

/**
 * Writes data sets as an HDF5 file in the layout that h5py gives by default: superblock 0, groups as symbol tables, data in one piece without
 * filters. Written here and not by h5wasm, which cannot write the enumeration that h5py has for bool, nor its null-padded strings.
 *
 * Format: "HDF5 File Format Specification Version 3.0", The HDF Group; the sections are named at each part.
 */
export function writeTree(tree: ReadonlyMap<string, NetValue>): Uint8Array {
  const root = groupOf(tree)
  const leafK = Math.max(4, Math.ceil(largestGroup(root) / 2))
  const out = new ByteWriter()
  superblock(out, leafK)
  const context = { leafK, strings: stringHeap(out, [...tree.values()]) }
  const { header, btree, heap } = writeGroup(out, root, context)
  out.setUint64(40, out.length) // end of file
  out.setUint64(64, header)
  out.setUint64(80, btree)
  out.setUint64(88, heap)
  return out.bytes()
}

type Branch = Map<string, Branch | NetValue>
/** Where a string of any length lies: the collection, and its number in it. */
type Strings = ReadonlyMap<string, { readonly collection: number; readonly index: number }>

const undefinedAddress = 2 ** 64

function groupOf(tree: ReadonlyMap<string, NetValue>): Branch {
  const root: Branch = new Map()
  for (const [path, value] of tree) {
    const parts = path.split('/')
    let branch = root
    for (const part of parts.slice(0, -1)) {
      const next = branch.get(part) ?? new Map()
      if (!(next instanceof Map)) throw new SnnError('ARGUMENT', `[writeNet] ${path}: '${part}' is a value and a group, expected one of them.`, { name: path, value: part })
      branch.set(part, next)
      branch = next
    }
    branch.set(parts.at(-1)!, value)
  }
  return root
}

function largestGroup(branch: Branch): number {
  return Math.max(branch.size, ...[...branch.values()].map((child) => (child instanceof Map ? largestGroup(child) : 0)))
}

interface Context {
  /** Half the entries of a symbol table node: large enough that every group is one node. */
  readonly leafK: number
  readonly strings: Strings
}

/** II.A Superblock version 0. */
function superblock(out: ByteWriter, leafK: number): void {
  out.raw(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a) // signature
  out.raw(0, 0, 0, 0, 0, 8, 8, 0) // versions; bytes of an address and of a length
  out.uint16(leafK)
  out.uint16(16) // half the children of a tree node
  out.uint32(0)
  out.uint64(0) // base address
  out.uint64(undefinedAddress) // free space
  out.uint64(0) // end of file, set at the end
  out.uint64(undefinedAddress) // driver information
  // Root group symbol table entry: set at the end.
  out.uint64(0)
  out.uint64(0)
  out.uint32(1)
  out.uint32(0)
  out.uint64(0)
  out.uint64(0)
}

/** III.E Global heap: strings of any length, each once. */
function stringHeap(out: ByteWriter, values: readonly NetValue[]): Strings {
  const wanted = [...new Set(values.flatMap((value) => (isText(value) && value.dtype === 'string' ? value.text : [])))]
  const strings = new Map<string, { collection: number; index: number }>()
  const perCollection = 60_000 // objects are numbered in 16 bits
  for (let from = 0; from < wanted.length; from += perCollection) {
    const collection = out.align()
    const start = out.length
    out.text('GCOL')
    out.raw(1, 0, 0, 0)
    out.uint64(0)
    wanted.slice(from, from + perCollection).forEach((text, i) => {
      const bytes = new TextEncoder().encode(text)
      out.uint16(i + 1)
      out.uint16(1)
      out.uint32(0)
      out.uint64(bytes.length)
      out.add(bytes)
      out.align()
      strings.set(text, { collection, index: i + 1 })
    })
    // A collection has at least 4096 bytes; what is left is object 0.
    const free = Math.max(4096 - (out.length - start), 16)
    out.uint16(0)
    out.uint16(0)
    out.uint32(0)
    out.uint64(free)
    out.zeros(free - 16)
    out.setUint64(start + 8, out.length - start)
  }
  return strings
}

interface WrittenGroup {
  readonly header: number
  readonly btree: number
  readonly heap: number
}

function writeGroup(out: ByteWriter, branch: Branch, context: Context): WrittenGroup {
  const names = [...branch.keys()].sort(byBytes)
  const children = names.map((name) => {
    const child = branch.get(name)!
    return child instanceof Map ? { name, group: writeGroup(out, child, context) } : { name, header: writeDataset(out, child, context.strings) }
  })
  // III.D Local heap: the names. At 0 lies the empty name.
  const offsets: number[] = []
  const text = new ByteWriter()
  text.zeros(8)
  for (const name of names) {
    offsets.push(text.length)
    text.text(name)
    text.zeros(1)
    text.align()
  }
  const heapData = out.align()
  out.add(text.bytes())
  const heap = out.align()
  out.text('HEAP')
  out.raw(0, 0, 0, 0)
  out.uint64(text.length)
  out.uint64(1) // no free block
  out.uint64(heapData)
  // III.B Symbol table node: one for the whole group.
  const table = out.align()
  out.text('SNOD')
  out.raw(1, 0)
  out.uint16(names.length)
  children.forEach((child, i) => {
    out.uint64(offsets[i]!)
    out.uint64(child.group ? child.group.header : child.header)
    out.uint32(child.group ? 1 : 0)
    out.uint32(0)
    out.uint64(child.group ? child.group.btree : 0)
    out.uint64(child.group ? child.group.heap : 0)
  })
  out.zeros(40 * (2 * context.leafK - names.length))
  // III.A B-tree version 1, for groups: keys are offsets of names.
  const btree = out.align()
  const used = names.length > 0 ? 1 : 0
  out.text('TREE')
  out.raw(0, 0)
  out.uint16(used)
  out.uint64(undefinedAddress)
  out.uint64(undefinedAddress)
  out.uint64(0)
  if (used) {
    out.uint64(table)
    out.uint64(offsets.at(-1)!)
  }
  out.zeros(16 * (32 - used) + 8 * (1 - used))
  const header = objectHeader(out, [{ type: 0x11, write: (body) => body.uint64s(btree, heap) }])
  return { header, btree, heap }
}

function writeDataset(out: ByteWriter, value: NetValue, strings: Strings): number {
  const data = out.align()
  const bytes = isText(value) ? textBytes(value, strings) : numberBytes(value.data, value.dtype)
  out.add(bytes)
  const address = bytes.length === 0 ? undefinedAddress : data
  return objectHeader(out, [
    { type: 0x01, write: (body) => dataspace(body, value.shape) },
    { type: 0x03, write: (body) => datatype(body, value.dtype), constant: true },
    { type: 0x05, write: (body) => body.raw(2, 2, 2, 1, 0, 0, 0, 0) }, // IV.A.2.f fill value: late allocation, default
    { type: 0x08, write: (body) => (body.raw(3, 1), body.uint64s(address, bytes.length)) }, // IV.A.2.i layout: contiguous
  ])
}

interface Message {
  readonly type: number
  readonly constant?: boolean
  write(body: ByteWriter): void
}

/** IV.A.1.a Object header version 1. */
function objectHeader(out: ByteWriter, messages: readonly Message[]): number {
  const all = new ByteWriter()
  for (const { type, constant, write } of messages) {
    const body = new ByteWriter()
    write(body)
    body.align()
    all.uint16(type)
    all.uint16(body.length)
    all.raw(constant ? 1 : 0, 0, 0, 0)
    all.add(body.bytes())
  }
  const at = out.align()
  out.raw(1, 0)
  out.uint16(messages.length)
  out.uint32(1)
  out.uint32(all.length)
  out.uint32(0)
  out.add(all.bytes())
  return at
}

/** IV.A.2.b Dataspace version 1, with the greatest sizes, as h5py writes it. */
function dataspace(body: ByteWriter, shape: readonly number[]): void {
  body.raw(1, shape.length, shape.length > 0 ? 1 : 0, 0, 0, 0, 0, 0)
  body.uint64s(...shape, ...shape)
}

const numberBytesOf: Readonly<Record<NetDType, number>> = { float32: 4, float64: 8, int8: 1, int16: 2, int32: 4, int64: 8, uint8: 1, uint16: 2, uint32: 4, uint64: 8, bool: 1 }

/** IV.A.2.d Datatype version 1. */
function datatype(body: ByteWriter, dtype: NetValue['dtype']): void {
  if (dtype === 'string') {
    body.raw(0x19, 1, 1, 0) // variable length: string, null terminated, UTF-8
    body.uint32(16)
    body.raw(0x10, 0, 0, 0) // of bytes
    body.uint32(1)
    body.raw(0, 0, 8, 0)
  } else if (dtype.startsWith('S')) {
    body.raw(0x13, 1, 0, 0) // null padded, ASCII
    body.uint32(Number(dtype.slice(1)))
  } else if (dtype === 'bool') {
    body.raw(0x18, 2, 0, 0) // enumeration of two members
    body.uint32(1)
    integerType(body, 1, true)
    for (const member of ['FALSE', 'TRUE']) {
      body.text(member)
      body.zeros(8 - member.length)
    }
    body.raw(0, 1)
  } else if (dtype === 'float32') {
    body.raw(0x11, 0x20, 31, 0)
    body.uint32(4)
    body.raw(0, 0, 32, 0, 23, 8, 0, 23)
    body.uint32(127)
  } else if (dtype === 'float64') {
    body.raw(0x11, 0x20, 63, 0)
    body.uint32(8)
    body.raw(0, 0, 64, 0, 52, 11, 0, 52)
    body.uint32(1023)
  } else integerType(body, numberBytesOf[dtype as NetDType], dtype.startsWith('i'))
}

function integerType(body: ByteWriter, size: number, signed: boolean): void {
  body.raw(0x10, signed ? 8 : 0, 0, 0)
  body.uint32(size)
  body.uint16(0)
  body.uint16(8 * size)
}

function textBytes({ dtype, text }: NetText, strings: Strings): Uint8Array {
  const out = new ByteWriter()
  for (const item of text) {
    const encoded = new TextEncoder().encode(item)
    if (dtype === 'string') {
      const { collection, index } = strings.get(item)!
      out.uint32(encoded.length)
      out.uint64(collection)
      out.uint32(index)
    } else {
      const size = Number(dtype.slice(1))
      if (encoded.length > size) throw new SnnError('ARGUMENT', `[writeNet] '${item}' has ${encoded.length} bytes, expected at most ${size} (${dtype}).`, { name: 'text', value: item })
      out.add(encoded)
      out.zeros(size - encoded.length)
    }
  }
  return out.bytes()
}

function numberBytes(data: Float32Array | Float64Array, dtype: NetDType): Uint8Array {
  const size = numberBytesOf[dtype]
  const view = new DataView(new ArrayBuffer(size * data.length))
  data.forEach((value, i) => {
    const at = i * size
    if (dtype === 'float32') view.setFloat32(at, value, true)
    else if (dtype === 'float64') view.setFloat64(at, value, true)
    else if (size === 8) view.setBigInt64(at, BigInt(value), true)
    else if (size === 4) view.setInt32(at, value, true)
    else if (size === 2) view.setInt16(at, value, true)
    else view.setInt8(at, value)
  })
  return new Uint8Array(view.buffer)
}

const byBytes = (a: string, b: string): number => {
  const [x, y] = [new TextEncoder().encode(a), new TextEncoder().encode(b)]
  for (let i = 0; i < Math.min(x.length, y.length); i++) if (x[i] !== y[i]) return x[i]! - y[i]!
  return x.length - y.length
}
