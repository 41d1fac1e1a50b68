import { mostPages, type MemoryType } from '../layout/memory-type.js'
import { argumentLoad, takingFloats } from './argument.js'
import type { Instruction, Type, Variable, Vector, WasmFunction } from './instruction.js'
import { keyOfVector } from './vector.js'

/**
 * The binary module (WebAssembly 2.0, chapter 5) that exports `run`, with what it calls, over the memory
 * `memory.memory`. A shared memory states how large it may become.
 */
export function encodeModule(run: WasmFunction, memory: MemoryType): Uint8Array<ArrayBuffer> {
  const { isShared, is64 = false } = memory
  const functions = [run, ...(is64 ? [takingFloats(run)] : [])]
  const globals = new Map<string, Vector>()
  const codes: Bytes[] = []
  // what a function calls is found as its code is written, and follows
  for (let i = 0; i < functions.length; i++) codes.push(functionCode(functions[i]!, { is64, functions, globals }))

  const signatures = functions.map(({ parameters, result }) => [
    0x60,
    parameters.length,
    ...parameters.map(({ type }) => typeCode(type, is64)),
    ...(result === undefined ? [0] : [1, typeCode(result, is64)]),
  ])
  const types = [...new Map(signatures.map((signature) => [signature.join(), signature])).values()]
  const typeOf = (i: number): number => types.findIndex((type) => type.join() === signatures[i]!.join())
  const limits = new Bytes().add((isShared ? 3 : 0) | (is64 ? 4 : 0), isShared ? 1 : 0)
  if (isShared) limits.unsigned(mostPages(memory))

  const module = new Bytes().add(0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0)
  const section = (id: number, entries: readonly Bytes[]): void => {
    const content = new Bytes().unsigned(entries.length)
    for (const entry of entries) content.append(entry)
    module.add(id).unsigned(content.length).append(content)
  }
  section(
    1,
    types.map((type) => new Bytes().add(...type)),
  )
  section(2, [new Bytes().text('memory').text('memory').add(2).append(limits)])
  section(
    3,
    functions.map((_, i) => new Bytes().unsigned(typeOf(i))),
  )
  if (globals.size > 0)
    section(
      6,
      [...globals.values()].map((vector) => new Bytes().add(0x7b, 0, ...vectorConstant(vector), end)),
    )
  section(7, [new Bytes().text('run').add(0, is64 ? 1 : 0)])
  section(
    10,
    codes.map((code) => new Bytes().unsigned(code.length).append(code)),
  )
  return module.whole()
}

const end = 0x0b

/** Bytes that are written one after the other. */
class Bytes {
  #bytes = new Uint8Array(64)
  length = 0

  #room(more: number): void {
    if (this.length + more <= this.#bytes.length) return
    const bytes = new Uint8Array(2 * (this.length + more))
    bytes.set(this.#bytes)
    this.#bytes = bytes
  }

  add(...bytes: readonly number[]): this {
    this.#room(bytes.length)
    for (const byte of bytes) this.#bytes[this.length++] = byte
    return this
  }

  append(other: Bytes): this {
    this.#room(other.length)
    this.#bytes.set(other.#bytes.subarray(0, other.length), this.length)
    this.length += other.length
    return this
  }

  /** A whole number as LEB128, of at least 0. */
  unsigned(value: number): this {
    for (; value >= 128; value = Math.floor(value / 128)) this.add((value % 128) + 128)
    return this.add(value)
  }

  /** A whole number as LEB128. */
  signed(value: number): this {
    for (;;) {
      const low = ((value % 128) + 128) % 128
      value = (value - low) / 128
      if (value === (low < 64 ? 0 : -1)) return this.add(low)
      this.add(low + 128)
    }
  }

  text(text: string): this {
    const bytes = new TextEncoder().encode(text)
    return this.unsigned(bytes.length).add(...bytes)
  }

  whole(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.length)
  }
}

function typeCode(type: Type, is64: boolean): number {
  return { word: is64 ? 0x7e : 0x7f, i32: 0x7f, f32: 0x7d, f64: 0x7c, v128: 0x7b }[type]
}

const scratch = new DataView(new ArrayBuffer(16))

function vectorConstant({ lanes, values }: Vector): number[] {
  const write = { i16x8: 'setInt16', i32x4: 'setInt32', f32x4: 'setFloat32', f64x2: 'setFloat64' } as const
  values.forEach((value, i) => scratch[write[lanes]]((16 / values.length) * i, value, true))
  return [0xfd, 0x0c, ...new Uint8Array(scratch.buffer)]
}

interface ModuleParts {
  readonly is64: boolean
  /** Those that have a number so far: more are added as they are called. */
  readonly functions: WasmFunction[]
  readonly globals: Map<string, Vector>
}

/** The variables of a function and its instructions. */
function functionCode({ name, parameters, body }: WasmFunction, { is64, functions, globals }: ModuleParts): Bytes {
  const out = new Bytes()
  const labels: string[] = []
  const variables = new Map<string, { readonly index: number; readonly type: Type }>()

  const indexOf = ({ name: local, type }: Variable): number => {
    let known = variables.get(local)
    if (!known) variables.set(local, (known = { index: variables.size, type }))
    if (known.type !== type) throw new Error(`variable ${local} of ${name} is ${known.type} and ${type}`)
    return known.index
  }
  const globalOf = (vector: Vector): number => {
    const key = keyOfVector(vector)
    if (!globals.has(key)) globals.set(key, vector)
    return [...globals.keys()].indexOf(key)
  }
  const functionOf = (of: WasmFunction): number =>
    functions.includes(of) ? functions.indexOf(of) : functions.push(of) - 1
  const labelOf = (label: string): number => {
    const at = labels.lastIndexOf(label)
    if (at < 0) throw new Error(`${name} branches to ${label}, which is not around it`)
    return labels.length - 1 - at
  }

  const emitAll = (instructions: readonly Instruction[]): void => {
    for (const instruction of instructions) emit(instruction)
  }
  const emit = (instruction: Instruction): void => {
    switch (instruction.kind) {
      case 'plain': {
        emitAll(instruction.operands)
        const { code, align } = (is64 ? instruction.operation.wide : undefined) ?? instruction.operation
        out.add(...code)
        if (align !== undefined) out.add(align).unsigned(instruction.offset)
        out.add(...instruction.lanes)
        return
      }
      case 'constant':
        if (instruction.type === 'f32') {
          scratch.setFloat32(0, instruction.value, true)
          out.add(0x43, ...new Uint8Array(scratch.buffer, 0, 4))
        } else if (is64 && instruction.type === 'word') out.add(0x42).signed(instruction.value)
        else out.add(0x41).signed(instruction.value | 0)
        return
      case 'vector':
        out.add(...vectorConstant(instruction))
        return
      case 'global':
        out.add(0x23).unsigned(globalOf(instruction))
        return
      case 'argument':
        return emit(argumentLoad(instruction, is64))
      case 'variable':
        out.add(0x20).unsigned(indexOf(instruction))
        return
      case 'set':
      case 'tee':
        emit(instruction.value)
        out.add(instruction.kind === 'set' ? 0x21 : 0x22).unsigned(indexOf(instruction.variable))
        return
      case 'call':
        emitAll(instruction.operands)
        out.add(0x10).unsigned(functionOf(instruction.of))
        return
      case 'block':
      case 'loop':
        out.add(instruction.kind === 'block' ? 0x02 : 0x03, 0x40)
        labels.push(instruction.label)
        emitAll(instruction.body)
        labels.pop()
        out.add(end)
        return
      case 'if':
        emit(instruction.condition)
        out.add(0x04, 0x40)
        labels.push('')
        emitAll(instruction.body)
        if (instruction.otherwise.length > 0) {
          out.add(0x05)
          emitAll(instruction.otherwise)
        }
        labels.pop()
        out.add(end)
        return
      case 'branch':
        if (instruction.condition) emit(instruction.condition)
        out.add(instruction.condition ? 0x0d : 0x0c).unsigned(labelOf(instruction.label))
    }
  }

  parameters.forEach(indexOf)
  emitAll(body)
  out.add(end)
  const locals = [...variables.values()].slice(parameters.length).map(({ type }) => typeCode(type, is64))
  const runs = locals.flatMap((type, i) => (type === locals[i - 1] ? [] : [{ type, from: i }]))
  const code = new Bytes().unsigned(runs.length)
  runs.forEach(({ type, from }, i) => code.unsigned((runs[i + 1]?.from ?? locals.length) - from).add(type))
  return code.append(out)
}
