import type { Backend, CompileOptions, DeviceTensor, Executable, Program, RunOptions } from '../backend.js'
import { isFloat } from '../dtype.js'
import { SnnError } from '../error.js'
import { isPrimitive, topological } from '../graph.js'
import { walk, type Step } from '../interpret.js'
import { hostTensor, type HostTensor } from '../tensor-like.js'
import type { Variable } from '../variable.js'
import { referenceKernels } from './kernels.js'
import type { Value } from './value.js'

/** Milliseconds of computing between two turns of the event loop. */
const SLICE = 20

/**
 * The reference backend: interprets a program node by node with `referenceKernels`, in the dtypes it is written in
 * (float64 too). Slow, right, and runs anywhere without setup.
 */
export function reference(): Backend {
  let disposed = false
  const alive = () => {
    if (disposed)
      throw new SnnError('DISPOSED', '[reference] got a call after dispose(), expected none. Create another backend.', {
        what: 'backend',
      })
  }
  const backend: Backend = {
    contract: 1,
    name: 'reference',
    async compile(program, options) {
      alive()
      return executable(backend, program, options, alive)
    },
    async dispose() {
      disposed = true
    },
  }
  return backend
}

function executable(backend: Backend, program: Program, { check }: CompileOptions = {}, alive: () => void): Executable {
  const graph = {
    parameters: program.parameters,
    results: [...program.results, ...program.assigns.map(({ value }) => value)],
  }
  const reads = topological(graph).filter((node) => isPrimitive(node, 'read'))
  const bound = { parameters: [...graph.parameters, ...reads.map((node) => node.outputs[0]!)], results: graph.results }
  const nodes = topological(bound)
  let disposed = false
  return {
    bytes: 0,
    async run(inputs, { signal, output = 'host' }: RunOptions = {}) {
      alive()
      if (disposed)
        throw new SnnError('DISPOSED', '[run] got a call after dispose(), expected none. Compile again.', {
          what: 'executable',
        })
      signal?.throwIfAborted()
      const values = await Promise.all([
        ...inputs.map(load),
        ...reads.map((node) => loadVariable(node.attributes.variable)),
      ])
      const results = await drive(walk(bound, referenceKernels, values, nodes), signal, check)
      program.assigns.forEach(({ variable }, i) => {
        variable.commit({ kind: 'host', data: results[program.results.length + i]!.data.slice() })
      })
      return results.slice(0, program.results.length).map((value) => {
        const host = hostTensor({ ...value, data: value.data.slice() })
        return output === 'host' ? host : deviceTensor(backend, host)
      })
    },
    async dispose() {
      disposed = true
    },
  }
}

async function load(tensor: HostTensor | DeviceTensor): Promise<Value> {
  const { shape, dtype } = tensor
  return { data: typeof tensor.data === 'function' ? await tensor.data() : tensor.data, shape, dtype }
}

async function loadVariable({ storage, shape, dtype }: Variable): Promise<Value> {
  return { data: storage.kind === 'host' ? storage.data : await storage.tensor.data(), shape, dtype }
}

/** Runs all steps, letting the event loop turn now and then. */
async function drive(
  steps: Generator<Step<Value>, Value[]>,
  signal: AbortSignal | undefined,
  check: 'nan' | undefined,
): Promise<Value[]> {
  let sliceEnd = performance.now() + SLICE
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
    if (check === 'nan') checkFinite(step.value)
    if (performance.now() > sliceEnd) {
      await new Promise((resolve) => setTimeout(resolve))
      sliceEnd = performance.now() + SLICE
    }
    signal?.throwIfAborted()
  }
}

function checkFinite({ node, outputs }: Step<Value>): void {
  if (isPrimitive(node, 'constant')) return
  for (const { data, dtype, shape } of outputs) {
    const at = isFloat(dtype) ? data.findIndex((x) => !Number.isFinite(x)) : -1
    if (at < 0) continue
    const module = node.path === '' ? '' : ` in '${node.path}'`
    throw new SnnError(
      'NOT_FINITE',
      `[${node.primitive}]${module} built at ${node.place} gave ${data[at]} at element ${at} of shape [${shape.join(',')}], expected finite numbers. ` +
        `Look at its inputs: a division by zero, a logarithm of zero, or values that grow without bound.`,
      { place: node.place },
    )
  }
}

function deviceTensor(backend: Backend, { data, shape, dtype }: HostTensor): DeviceTensor {
  let disposed = false
  return {
    contract: 1,
    backend,
    shape,
    dtype,
    async data() {
      if (disposed)
        throw new SnnError('DISPOSED', '[data] got a call after dispose(), expected none. Read the tensor before.', {
          what: 'tensor',
        })
      return data.slice()
    },
    [Symbol.dispose]() {
      disposed = true
    },
  }
}
