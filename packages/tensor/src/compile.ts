import type { Backend, CompileOptions, DeviceTensor, Executable, RunOptions } from './backend.js'
import { chooseBackend } from './backend-default.js'
import type { TypedArray } from './dtype.js'
import { checkFunction, checkObject } from './check.js'
import { SnnError } from './error.js'
import { formatShape } from './shape.js'
import { hostTensor, type HostTensor, type TensorLike } from './tensor-like.js'
import type { Tensor } from './tensor.js'
import { traceFunction, type Traced } from './trace-function.js'
import { isTensor, mapTree, type MapTensors } from './tree.js'
import { inTurn } from './turns.js'

export interface CompileFunctionOptions extends CompileOptions {
  /** Default: what `setDefaultBackend` was given. */
  readonly backend?: Backend | undefined
  /**
   * How many specialisations (shapes, dtypes, static arguments) are kept; the least recently used goes first. Default
   * 16.
   */
  readonly cacheSize?: number
  /** Called when a new specialisation is compiled, with what it is for: a loop that recompiles each step is slow. */
  readonly onCompile?: (event: {
    readonly signature: string
    readonly specialisations: number
    readonly milliseconds: number
  }) => void
}

/** What a compiled function takes where the traced one takes a Tensor. */
export type Argument = TensorLike | Tensor | DeviceTensor

type Arguments<A extends readonly unknown[]> = { [K in keyof A]: MapTensors<A[K], Argument> }

/**
 * A traced function made executable. Tensor arguments are given as `TensorLike`; other arguments (numbers, flags,
 * strings) are static: each value is compiled for itself. Results are host tensors. Calls run in the order they were
 * made; the data of arguments are not copied, so leave them as they are until the promise has resolved.
 */
export interface Compiled<A extends readonly unknown[], R> extends AsyncDisposable {
  (...args: Arguments<A>): Promise<MapTensors<R, HostTensor>>
  /** The same with a signal, or results left on the device. */
  run<const O extends RunOptions>(
    args: Arguments<A>,
    options: O,
  ): Promise<MapTensors<R, O extends { readonly output: 'device' } ? DeviceTensor : HostTensor>>
  /** Releases every executable. */
  dispose(): Promise<void>
}

interface Specialisation {
  readonly backend: Backend
  readonly executable: Executable
  readonly restore: (values: readonly unknown[]) => unknown
}

/**
 * Turns `fn` into an async function that runs on a backend. `fn` is traced once for each combination of shapes, dtypes
 * and static arguments: it builds tensors from tensors, reads and assigns Variables, and whatever else it reads is
 * frozen into the result. Forward, gradients and updates become one executable; Variables change together at its end,
 * or not at all.
 */
export function compile<A extends readonly unknown[], R>(
  fn: (...args: A) => R,
  options: CompileFunctionOptions = {},
): Compiled<A, R> {
  checkFunction('compile', fn, 'fn', 'the function to compile')
  checkObject('compile', options)
  const cacheSize = Math.max(1, options.cacheSize ?? 16)
  const cache = new Map<string, Promise<Specialisation>>()
  const identities = new Map<unknown, number>()
  let last: Promise<unknown> = Promise.resolve()
  let disposed = false

  async function specialise(signature: string, args: readonly unknown[]): Promise<Specialisation> {
    const started = performance.now()
    const backend = chooseBackend(options.backend)
    const { program, restore } = traceCall(fn, args)
    const executable = await backend.compile(program, { check: options.check })
    options.onCompile?.({ signature, specialisations: cache.size, milliseconds: performance.now() - started })
    return { backend, executable, restore }
  }

  async function evict(): Promise<void> {
    const [oldest] = cache
    if (!oldest || cache.size <= cacheSize) return
    cache.delete(oldest[0])
    await (await oldest[1]).executable.dispose()
  }

  async function execute(args: readonly unknown[], runOptions: RunOptions): Promise<unknown> {
    if (disposed)
      throw new SnnError('DISPOSED', '[compile] the compiled function has been disposed of. Compile it again.', {
        what: 'compiled function',
      })
    runOptions.signal?.throwIfAborted()
    const inputs: (HostTensor | DeviceTensor)[] = []
    const concrete: unknown[] = []
    for (const [i, arg] of args.entries()) concrete.push(await hostArguments(arg, `argument ${i}`))
    const signature = signatureOf(concrete, inputs, identities)
    let entry = cache.get(signature)
    cache.delete(signature)
    entry ??= specialise(signature, concrete)
    cache.set(signature, entry)
    let ready: Specialisation
    try {
      ready = await entry
    } catch (error) {
      cache.delete(signature)
      throw error
    }
    await evict()
    return ready.restore(await inTurn(ready.backend, () => ready.executable.run(inputs, runOptions)))
  }

  function run(args: readonly unknown[], runOptions: RunOptions): Promise<unknown> {
    const result = last.then(() => execute(args, runOptions))
    last = result.catch(() => {})
    return result
  }

  async function dispose(): Promise<void> {
    if (disposed) return
    disposed = true
    await last
    for (const entry of cache.values()) await (await entry).executable.dispose()
    cache.clear()
  }

  const compiled = (...args: unknown[]): Promise<unknown> => run(args, {})
  return Object.assign(compiled, { run, dispose, [Symbol.asyncDispose]: dispose }) as unknown as Compiled<A, R>
}

/** Traces `fn` on placeholders in place of its tensor arguments. */
function traceCall(fn: (...args: never[]) => unknown, args: readonly unknown[]): Traced {
  const leaves: (HostTensor | DeviceTensor)[] = []
  mapTree(args, isBound, (leaf: HostTensor | DeviceTensor) => leaves.push(leaf))
  return traceFunction((...parameters) => {
    let next = 0
    return fn(...(mapTree(args, isBound, () => parameters[next++]) as never[]))
  }, leaves)
}

function isArrayView(value: unknown): value is TypedArray {
  return ArrayBuffer.isView(value)
}

function isTensorLike(value: unknown): value is TensorLike {
  return (
    typeof value === 'object' &&
    value !== null &&
    'data' in value &&
    isArrayView(value.data) &&
    'shape' in value &&
    Array.isArray(value.shape)
  )
}

function isDeviceTensor(value: unknown): value is DeviceTensor {
  return (
    typeof value === 'object' &&
    value !== null &&
    (value as { contract?: unknown }).contract === 1 &&
    'backend' in value &&
    Symbol.dispose in value
  )
}

/** A tensor argument in its final form. */
function isBound(value: unknown): value is HostTensor | DeviceTensor {
  return isTensorLike(value) || isDeviceTensor(value)
}

/** `arg` with every tensor checked, and traced tensors evaluated. */
async function hostArguments(arg: unknown, name: string): Promise<unknown> {
  const pending: Promise<void>[] = []
  const values = new Map<Tensor, HostTensor>()
  mapTree(arg, isTensor, (t: Tensor) =>
    pending.push(t.data().then((data) => void values.set(t, hostTensor({ data, shape: t.shape, dtype: t.dtype })))),
  )
  await Promise.all(pending)
  const isLeaf = (value: unknown): boolean => isTensor(value) || isBound(value)
  return mapTree(arg, isLeaf, (leaf: Argument) =>
    isTensor(leaf) ? values.get(leaf)! : isDeviceTensor(leaf) ? leaf : hostTensor(leaf, name),
  )
}

/** What a specialisation depends on, as text; collects the tensors in order on the way. */
function signatureOf(
  args: readonly unknown[],
  inputs: (HostTensor | DeviceTensor)[],
  identities: Map<unknown, number>,
): string {
  const described = mapTree(args, isBound, (value: HostTensor | DeviceTensor) => {
    inputs.push(value)
    // a mark that no static string begins with by chance
    return `\u0000${value.dtype}${formatShape(value.shape)}`
  })
  return JSON.stringify(described, (_, value: unknown) => {
    // functions and class instances are told apart by identity
    const opaque =
      typeof value === 'function' ||
      (typeof value === 'object' &&
        value !== null &&
        !Array.isArray(value) &&
        Object.getPrototypeOf(value) !== Object.prototype)
    if (!opaque)
      return typeof value === 'number' && !Number.isFinite(value)
        ? `#${value}`
        : value === undefined
          ? '#undefined'
          : value
    if (!identities.has(value)) identities.set(value, identities.size)
    return `#object${identities.get(value)}`
  })
}
