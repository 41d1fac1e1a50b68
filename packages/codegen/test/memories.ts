import { expect } from 'vitest'
import {
  argumentArray,
  createMemory,
  encodeModule,
  kernelName,
  printUnit,
  type ArgumentArray,
  type CKernel,
  type MemoryType,
  type WasmFunction,
} from '../src/index.js'
import { printModule } from '../src/wasm/print.js'
import { assemble } from './assemble.js'
import { addressOf, compiler, compileUnit } from './native.js'

/** A memory that a test may use from `start` on. */
export interface TestMemory {
  readonly type: MemoryType
  readonly memory: WebAssembly.Memory
  readonly start: number
  /** Whether kernels are compiled C. */
  readonly isNative?: boolean
}

const pageBytes = 2 ** 16
/**
 * Where tests use the memory with 64-bit addresses: beyond what 32 bits reach. What lies before is never touched, and
 * takes no memory.
 */
export const far = 2 ** 32
const farPages = 512

/** One for all tests of a file; undefined where the runtime has no 64-bit addresses. */
export const farMemory = ((): TestMemory | undefined => {
  const type = { isShared: false, is64: true }
  try {
    return { type, memory: createMemory(type, far / pageBytes + farPages), start: far }
  } catch (error) {
    console.warn(`Tests of memory beyond 4 GiB are skipped: ${String(error)}`)
    return undefined
  }
})()

/**
 * Gives what `run` gives in a memory of zeros with 32-bit addresses; in one with 64-bit addresses it must be the same.
 */
export async function inEachMemory<T>(pages: number, run: (memory: TestMemory) => T | Promise<T>): Promise<T> {
  const type = { isShared: false }
  const result = await run({ type, memory: createMemory(type, pages), start: 0 })
  if (farMemory) {
    new Uint8Array(farMemory.memory.buffer, far, pages * pageBytes).fill(0)
    expect(await run(farMemory)).toEqual(result)
  }
  return result
}

/** The same, and the same once more with native kernels: their bits must be those of WebAssembly. */
export async function inEachForm<T>(pages: number, run: (memory: TestMemory) => T | Promise<T>): Promise<T> {
  const result = await inEachMemory(pages, run)
  const type = { isShared: false }
  if (compiler) expect(await run({ type, memory: createMemory(type, pages), start: 0, isNative: true })).toEqual(result)
  return result
}

type KernelFunction = (args: number, first: number, last: number, thread: number) => void

const modules = new Map<string, Promise<WebAssembly.Module>>()
type NativeFunction = (memory: number, ...rest: Parameters<KernelFunction>) => void
const objects = new Map<string, NativeFunction>()

/** The function of a kernel, over this memory. Its text must say what its bytes say. */
export async function kernelOf(
  functionOf: (type: MemoryType) => WasmFunction,
  { type, memory, isNative }: TestMemory,
  inC?: () => CKernel,
): Promise<KernelFunction> {
  if (isNative) return nativeOf(inC!(), type, addressOf(memory))
  const kernel = functionOf(type)
  const text = printModule(kernel, type)
  const module = modules.get(text) ?? compiled(encodeModule(kernel, type), text)
  modules.set(text, module)
  return (await WebAssembly.instantiate(await module, { memory: { memory } })).exports['run'] as KernelFunction
}

function nativeOf(kernel: CKernel, type: MemoryType, address: number): KernelFunction {
  const text = printUnit([kernel], type)
  const known =
    objects.get(text) ??
    (compileUnit(text).func(kernelName(0), 'void', [
      'uintptr_t',
      'intptr_t',
      'intptr_t',
      'intptr_t',
      'intptr_t',
    ]) as NativeFunction)
  objects.set(text, known)
  return (...given) => known(address, ...given)
}

async function compiled(binary: Uint8Array<ArrayBuffer>, text: string): Promise<WebAssembly.Module> {
  expect(Buffer.compare(binary, await assemble(text)), text).toBe(0)
  return WebAssembly.compile(binary)
}

/** `length` words of arguments at the start of the memory. */
export function argumentsOf({ type, memory, start }: TestMemory, length: number): ArgumentArray {
  return new (argumentArray(type))(memory.buffer, start, length)
}
