import { SnnError, type TypedArray } from '@snn/tensor'
import { builtinModule } from './builtin-module.js'

/** A value handed to ONNX Runtime: a view, not a copy. */
export interface OrtTensor {
  readonly dims: readonly number[]
}

export interface OrtSession {
  run(feeds: Record<string, OrtTensor>, fetches: Record<string, OrtTensor | null>): Promise<unknown>
  release(): Promise<void>
}

/** The part of onnxruntime-node (or onnxruntime-web) that is used here. */
export interface OrtLibrary {
  readonly InferenceSession: { create(model: Uint8Array, options?: Record<string, unknown>): Promise<OrtSession> }
  readonly Tensor: new (type: string, data: TypedArray, dims: readonly number[]) => OrtTensor
}

const fix =
  'Run `ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node` (skip leaves out the GPU files), on Linux x64 or arm64, macOS arm64, or Windows x64 or arm64; or give cpu({ lib }).'

/** Loads onnxruntime-node. Throws `BACKEND_UNAVAILABLE` when it is not installed or has no binary for this machine. */
export async function loadLibrary(name = 'onnxruntime-node'): Promise<OrtLibrary> {
  try {
    // a name that bundlers cannot see: the package is optional and cannot be bundled
    const module = (await import(/* @vite-ignore */ name)) as OrtLibrary & { readonly default?: OrtLibrary }
    return module.InferenceSession ? module : module.default!
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n')[0]! : String(cause)
    throw new SnnError(
      'BACKEND_UNAVAILABLE',
      `[cpu] ${name} could not be loaded (${reason}), expected an installed ONNX Runtime. ${fix}`,
      { backend: 'cpu', reason, fix },
      { cause },
    )
  }
}

interface NodeModule {
  createRequire(from: string): ((file: string) => unknown) & { resolve(name: string): string }
}

/** The file from which worker threads load the same library; undefined outside of Node. */
export function libraryFile(name = 'onnxruntime-node'): string | undefined {
  const module = builtinModule('node:module') as NodeModule | undefined
  try {
    return module?.createRequire(import.meta.url).resolve(name)
  } catch {
    return undefined
  }
}

/** The part of koffi, which calls functions of C, that is used here. */
export interface Ffi {
  load(object: string): {
    func(name: string, result: string, parameters: readonly string[]): (...values: readonly number[]) => void
  }
  address(data: Uint8Array): bigint
}

/**
 * koffi, and the file from which worker threads load it. Throws where it is not installed, or has no binary for this
 * machine.
 */
export function loadFfi(): { readonly file: string; readonly ffi: Ffi } {
  const module = builtinModule('node:module') as NodeModule | undefined
  if (!module) throw new Error('this runtime loads no native code')
  const file = libraryFile('koffi')
  if (file === undefined) throw new Error('koffi is not installed')
  return { file, ffi: module.createRequire(import.meta.url)(file) as Ffi }
}

/** Whether the library computes on views of shared memory; `doubling` is the model y0 = x0 + x0 of shape [1]. */
export async function takesSharedMemory(lib: OrtLibrary, doubling: Uint8Array): Promise<boolean> {
  if (typeof SharedArrayBuffer === 'undefined') return false
  const session = await lib.InferenceSession.create(doubling, { logSeverityLevel: 4 })
  try {
    const [input, output] = [new Float32Array(new SharedArrayBuffer(4)), new Float32Array(new SharedArrayBuffer(4))]
    input[0] = 21
    await session.run({ x0: new lib.Tensor('float32', input, [1]) }, { y0: new lib.Tensor('float32', output, [1]) })
    return output[0] === 42
  } catch {
    return false
  } finally {
    await session.release()
  }
}
