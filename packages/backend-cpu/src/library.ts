import { SnnError, type TypedArray } from '@snn/tensor'

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

const fix = 'Run `ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node` (skip leaves out the GPU files), on Linux x64 or arm64, macOS arm64, or Windows x64 or arm64; or give cpu({ lib }).'

/** Loads onnxruntime-node. Throws `BACKEND_UNAVAILABLE` when it is not installed or has no binary for this machine. */
export async function loadLibrary(name = 'onnxruntime-node'): Promise<OrtLibrary> {
  try {
    // a name that bundlers cannot see: the package is optional and cannot be bundled
    const module = (await import(/* @vite-ignore */ name)) as OrtLibrary & { readonly default?: OrtLibrary }
    return module.InferenceSession ? module : module.default!
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n')[0]! : String(cause)
    throw new SnnError('BACKEND_UNAVAILABLE', `[cpu] ${name} could not be loaded (${reason}), expected an installed ONNX Runtime. ${fix}`, { backend: 'cpu', reason, fix }, { cause })
  }
}
