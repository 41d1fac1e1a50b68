import type { Backend } from '../backend.js'
import { compile } from '../compile.js'
import { isSnnError } from '../error.js'
import { interpret } from '../interpret.js'
import { placeholder } from '../ops/leaf.js'
import { referenceKernels } from '../reference/kernels.js'
import type { Tensor } from '../tensor.js'
import type { TensorLike } from '../tensor-like.js'
import { inScope, newScope } from '../trace.js'
import { given, type Case, type Value } from './case.js'
import { primitiveCases } from './cases.js'
import { check, compare, rejection, type Tolerance } from './compare.js'
import { compositionCases } from './composition-cases.js'
import { programTests } from './program-tests.js'

/** The functions of a test runner: those of vitest, Jest, Mocha, Bun and node:test fit. */
export interface TestRunner {
  readonly describe: (name: string, fn: () => void) => unknown
  readonly it: ((name: string, fn: () => Promise<void>) => unknown) & {
    readonly skip: (name: string, fn: () => Promise<void>) => unknown
  }
}

export interface ConformanceOptions {
  /** Tests that the backend cannot pass, by name (`matmul: batch`) or primitive (`random`), each with the reason. */
  readonly skip?: Readonly<Record<string, string>>
  /** How far floats may lie from the reference; default relative 1e-5, absolute 2e-6. */
  readonly tolerance?: Tolerance
  /** Whether float64 is tested too; otherwise it must be refused with `UNSUPPORTED`. */
  readonly float64?: boolean
}

/**
 * The suite that every backend passes: each primitive over its dtypes and over many shapes and attributes, programs of
 * several operations, Variables, order, aborts and failures, device tensors, and disposal. Expected values are those of
 * the reference kernels, on the graph as it was built, before the passes.
 *
 * ```ts
 * import { describe, it } from 'vitest'
 * import { conformance } from '@snn/tensor/testing'
 * conformance(() => cpu(), { describe, it })
 * ```
 */
export function conformance(
  create: () => Promise<Backend>,
  { describe, it }: TestRunner,
  options: ConformanceOptions = {},
): void {
  const { skip = {}, tolerance = { relative: 1e-5, absolute: 2e-6 }, float64 = false } = options
  let shared: Promise<Backend> | undefined
  const backend = (): Promise<Backend> => (shared ??= create())
  const seen = new Set<string>()

  const test = (group: string, name: string, run: () => Promise<void>): void => {
    const full = `${group}: ${name}`
    if (seen.has(full)) throw new Error(`two conformance tests are called '${full}'`)
    seen.add(full).add(group)
    const reason = skip[full] ?? skip[group]
    if (reason === undefined) it(full, run)
    else it.skip(`${full} (${reason})`, run)
  }
  const testCase = (group: string, item: Case): void => {
    test(group, item.name, async () =>
      runCase(await backend(), item, item.exact ? { relative: 0, absolute: 0 } : tolerance),
    )
  }

  describe('conformance', () => {
    for (const [primitive, cases] of Object.entries(primitiveCases({ float64 }))) {
      if (cases.length === 0) throw new Error(`no conformance test of '${primitive}'`)
      for (const item of cases) testCase(primitive, item)
    }
    for (const item of compositionCases) testCase('composition', item)
    for (const { name, run } of programTests) test('program', name, async () => run(await backend(), tolerance))
    if (!float64) test('program', 'float64 is refused', async () => refusesFloat64(await backend()))
    test('life', 'a disposed executable throws DISPOSED', async () => disposedExecutable(await backend()))
    test('life', 'a disposed backend throws DISPOSED', async () => disposedBackend(await create()))
    test('life', 'the backend disposes', async () => (await backend()).dispose())
    for (const name of Object.keys(skip))
      if (!seen.has(name)) throw new Error(`'${name}' is to be skipped, but there is no such conformance test`)
  })
}

async function runCase(backend: Backend, { inputs, build }: Case, tolerance: Tolerance): Promise<void> {
  const expected = interpreted(inputs, build)
  const run = compile((...parameters: Tensor[]) => [...build(...parameters)], { backend })
  try {
    const results = await run(...inputs)
    check(results.length === expected.length, `${results.length} results, expected ${expected.length}`)
    results.forEach((result, i) => compare(result, expected[i]!, tolerance, `result ${i}`))
  } finally {
    await run.dispose()
  }
}

/** The results by the reference kernels. */
function interpreted(inputs: readonly Value[], build: Case['build']): Value[] {
  return inScope(newScope('compile'), () => {
    const parameters = inputs.map(({ shape, dtype }) => placeholder(shape, dtype))
    const results = [...build(...parameters)]
    return interpret(results, referenceKernels, new Map(parameters.map((parameter, i) => [parameter, inputs[i]!])))
  })
}

async function refusesFloat64(backend: Backend): Promise<void> {
  const run = compile((x: Tensor) => x.add(1), { backend })
  const error = await rejection(run(given('float64', [1, 2])), 'float64')
  check(isSnnError(error, 'UNSUPPORTED'), `float64 threw ${String(error)}, expected UNSUPPORTED`)
  await run.dispose()
}

function smallExecutable(backend: Backend) {
  const x = placeholder([2])
  return backend.compile({ parameters: [x], results: [x.add(1)], assigns: [] })
}

const two: TensorLike = given('float32', [1, 2])

async function disposedExecutable(backend: Backend): Promise<void> {
  const executable = await smallExecutable(backend)
  check(executable.bytes >= 0, `executable.bytes is ${executable.bytes}, expected a number of bytes`)
  const input = { ...two, dtype: 'float32' as const, item: () => 0 }
  await executable.run([input])
  await executable.dispose()
  await executable.dispose()
  const error = await rejection(executable.run([input]), 'a disposed executable')
  check(isSnnError(error, 'DISPOSED'), `a disposed executable threw ${String(error)}, expected DISPOSED`)
}

async function disposedBackend(backend: Backend): Promise<void> {
  await backend.dispose()
  const error = await rejection(smallExecutable(backend), 'a disposed backend')
  check(isSnnError(error, 'DISPOSED'), `a disposed backend threw ${String(error)}, expected DISPOSED`)
}
