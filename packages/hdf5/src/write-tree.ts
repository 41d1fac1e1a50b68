import { SnnError } from '@snn/tensor'
import { ByteWriter } from './byte-writer.js'
import { checkTree } from './check-tree.js'
import type { Chunks } from './chunks.js'
import { bytesPerNumber, numberBytes } from './number-bytes.js'
import {
  isGroup,
  isText,
  type Hdf5Dataset,
  type Hdf5Group,
  type Hdf5Number,
  type Hdf5Text,
  type Hdf5Type,
  type Hdf5Values,
} from './tree.js'

/**
 * Writes a tree as an HDF5 file in the layout that h5py gives by default: superblock 0, groups as symbol tables, data
 * in one piece without filters, or in chunks where `chunks` has some (`packedChunks`). Written here and not by h5wasm,
 * which cannot write the enumeration that h5py has for bool, nor its null-padded strings.
 *
 * Format: "HDF5 File Format Specification Version 3.0", The HDF Group; the sections are named at each part.
 *
 * @throws `ARGUMENT` for what is no tree and for a string that is longer than its fixed size, `SHAPE` for values that
 * do not fill their shape, `DTYPE` for half-precision numbers and for numbers that their type does not hold
 */
export function writeTree(tree: Hdf5Group, chunks: Chunks = new Map()): Uint8Array {
  checkTree('writeTree', tree)
  const leafK = Math.max(4, Math.ceil(largestGroup(tree) / 2))
  const out = new ByteWriter()
  superblock(out, leafK)
  const { header, btree, heap } = writeGroup(out, tree, { leafK, strings: stringHeap(out, textsOf(tree)), chunks })
  out.setUint64(40, out.length) // end of file
  out.setUint64(64, header)
  out.setUint64(80, btree)
  out.setUint64(88, heap)
  return out.bytes()
}

/** Where a string of any length lies: the collection, and its number in it. */
type Strings = ReadonlyMap<string, { readonly collection: number; readonly index: number }>

const undefinedAddress = 2 ** 64

function largestGroup({ entries }: Hdf5Group): number {
  return Math.max(entries.size, ...[...entries.values()].map((entry) => (isGroup(entry) ? largestGroup(entry) : 0)))
}

/** All strings of any length, of attributes too. */
function textsOf({ entries, attributes }: Hdf5Group): readonly string[] {
  const own = (values: Hdf5Values): readonly string[] => (values.type === 'string' ? values.data : [])
  return [
    ...[...attributes.values()].flatMap(own),
    ...[...entries.values()].flatMap((entry) => (isGroup(entry) ? textsOf(entry) : own(entry))),
  ]
}

interface Context {
  /** Half the entries of a symbol table node: large enough that every group is one node. */
  readonly leafK: number
  readonly strings: Strings
  readonly chunks: Chunks
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
function stringHeap(out: ByteWriter, texts: readonly string[]): Strings {
  const wanted = [...new Set(texts)]
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

function writeGroup(out: ByteWriter, { entries, attributes }: Hdf5Group, context: Context): WrittenGroup {
  const names = [...entries.keys()].sort(byBytes)
  const children = names.map((name) => {
    const child = entries.get(name)!
    return isGroup(child)
      ? { name, group: writeGroup(out, child, context) }
      : { name, header: writeDataset(out, child, context) }
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
  const own = [...attributes].map(([name, values]): Message => ({
    type: 0x0c,
    write: (body) => attribute(body, name, values, context.strings),
  }))
  const header = objectHeader(out, [{ type: 0x11, write: (body) => body.uint64s(btree, heap) }, ...own])
  return { header, btree, heap }
}

function writeDataset(out: ByteWriter, dataset: Hdf5Dataset, { strings, chunks }: Context): number {
  const packed = chunks.get(dataset)
  const common: readonly Message[] = [
    { type: 0x01, write: (body) => dataspace(body, dataset.shape) },
    { type: 0x03, write: (body) => datatype(body, dataset.type), constant: true },
    { type: 0x05, write: (body) => body.raw(2, packed ? 3 : 2, 2, 1, 0, 0, 0, 0) }, // IV.A.2.f fill value: late (of chunks: incremental) allocation, default
  ]
  if (packed) {
    const size = [...packed.shape, bytesPerNumber[dataset.type as Hdf5Number]]
    const btree = chunkTree(
      out,
      packed.shape,
      packed.chunks.map(({ offsets, bytes }) => ({ offsets, length: bytes.length, address: put(out, bytes) })),
    )
    return objectHeader(out, [
      ...common,
      { type: 0x0b, write: (body) => filterPipeline(body) },
      {
        type: 0x08,
        write: (body) => (body.raw(3, 2, size.length), body.uint64(btree), size.forEach((n) => body.uint32(n))),
      }, // IV.A.2.i layout: chunked
    ])
  }
  const bytes = bytesOf(dataset, strings)
  const address = bytes.length === 0 ? undefinedAddress : put(out, bytes)
  return objectHeader(out, [
    ...common,
    { type: 0x08, write: (body) => (body.raw(3, 1), body.uint64s(address, bytes.length)) },
  ]) // contiguous
}

/** Adds bytes, aligned, and gives where they lie. */
function put(out: ByteWriter, bytes: Uint8Array): number {
  const at = out.align()
  out.add(bytes)
  return at
}

/** IV.A.2.l Filter pipeline version 1: deflate. */
function filterPipeline(body: ByteWriter): void {
  body.raw(1, 1, 0, 0, 0, 0, 0, 0)
  for (const value of [1, 8, 1, 1]) body.uint16(value) // deflate, bytes of its name, may be left out, one parameter
  body.text('deflate')
  body.zeros(1)
  body.uint32(6) // the level
  body.zeros(4)
}

interface ChunkEntry {
  readonly offsets: readonly number[]
  /** Of the packed bytes; 0 in keys of what lies between. */
  readonly length: number
  readonly address: number
}

/** Children of a node: 2 K of the default, which superblock 0 does not state. */
const mostChildren = 64

/** III.A B-tree version 1 of chunks, whose keys are their places; gives its root. */
function chunkTree(
  out: ByteWriter,
  size: readonly number[],
  entries: readonly ChunkEntry[],
  level = 0,
  end = entries.at(-1)!.offsets.map((offset, axis) => offset + size[axis]!),
): number {
  const nodes = Array.from({ length: Math.ceil(entries.length / mostChildren) }, (_, i) =>
    entries.slice(i * mostChildren, (i + 1) * mostChildren),
  )
  const keyBytes = 8 + 8 * (size.length + 1)
  const nodeBytes = 24 + (mostChildren + 1) * keyBytes + mostChildren * 8
  const first = out.align()
  const addressOf = (i: number): number => (i < 0 || i >= nodes.length ? undefinedAddress : first + i * nodeBytes)
  nodes.forEach((children, i) => {
    out.text('TREE')
    out.raw(1, level)
    out.uint16(children.length)
    out.uint64s(addressOf(i - 1), addressOf(i + 1))
    const key = (length: number, offsets: readonly number[]): void => {
      out.uint32(length)
      out.uint32(0)
      out.uint64s(...offsets, 0)
    }
    for (const { length, offsets, address } of children) {
      key(length, offsets)
      out.uint64(address)
    }
    // behind the last one
    key(0, nodes[i + 1]?.[0]!.offsets ?? end)
    out.zeros((mostChildren - children.length) * (keyBytes + 8))
  })
  return nodes.length === 1
    ? first
    : chunkTree(
        out,
        size,
        nodes.map(([child], i): ChunkEntry => ({ ...child!, address: addressOf(i) })),
        level + 1,
        end,
      )
}

/** IV.A.2.m Attribute version 1. */
function attribute(body: ByteWriter, name: string, values: Hdf5Values, strings: Strings): void {
  const parts = [
    (part: ByteWriter): void => (part.text(name), void part.zeros(1)),
    (part: ByteWriter): void => datatype(part, values.type),
    (part: ByteWriter): void => dataspace(part, values.shape),
  ].map((write) => {
    const part = new ByteWriter()
    write(part)
    return part
  })
  body.raw(1, 0)
  for (const part of parts) body.uint16(part.length)
  for (const part of parts) {
    part.align()
    body.add(part.bytes())
  }
  body.add(bytesOf(values, strings))
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

/** IV.A.2.d Datatype version 1. */
function datatype(body: ByteWriter, dtype: Hdf5Type): void {
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
  } else integerType(body, bytesPerNumber[dtype as Hdf5Number], dtype.startsWith('i'))
}

function integerType(body: ByteWriter, size: number, signed: boolean): void {
  body.raw(0x10, signed ? 8 : 0, 0, 0)
  body.uint32(size)
  body.uint16(0)
  body.uint16(8 * size)
}

/** What a data set or attribute holds, as it is stored. */
function bytesOf(values: Hdf5Values, strings: Strings): Uint8Array {
  return isText(values) ? textBytes(values, strings) : numberBytes(values.data, values.type)
}

function textBytes({ type, data }: Hdf5Values<Hdf5Text>, strings: Strings): Uint8Array {
  const out = new ByteWriter()
  for (const item of data) {
    const encoded = new TextEncoder().encode(item)
    if (type === 'string') {
      const { collection, index } = strings.get(item)!
      out.uint32(encoded.length)
      out.uint64(collection)
      out.uint32(index)
    } else {
      const size = Number(type.slice(1))
      if (encoded.length > size)
        throw new SnnError(
          'ARGUMENT',
          `[writeTree] '${item}' has ${encoded.length} bytes, expected at most ${size} (${type}).`,
          { name: 'text', value: item },
        )
      out.add(encoded)
      out.zeros(size - encoded.length)
    }
  }
  return out.bytes()
}

const byBytes = (a: string, b: string): number => {
  const [x, y] = [new TextEncoder().encode(a), new TextEncoder().encode(b)]
  for (let i = 0; i < Math.min(x.length, y.length); i++) if (x[i] !== y[i]) return x[i]! - y[i]!
  return x.length - y.length
}
