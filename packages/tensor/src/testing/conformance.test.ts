import { describe, expect, it } from 'vitest'
import type { Backend } from '../backend.js'
import { isFloat, type DType } from '../dtype.js'
import type { Node } from '../graph.js'
import { interpret, type Kernels } from '../interpret.js'
import type { Primitive } from '../primitive.js'
import { reference } from '../reference/backend.js'
import { referenceKernels } from '../reference/kernels.js'
import { hostTensor, type HostTensor } from '../tensor-like.js'
import type { Value } from './case.js'
import { conformance, type ConformanceOptions } from './conformance.js'

/** The tests of the suite for a backend, not run. */
function collect(backend: Backend, options?: ConformanceOptions) {
  const tests = new Map<string, () => Promise<void>>()
  const skipped: string[] = []
  const it = Object.assign((name: string, fn: () => Promise<void>) => void tests.set(name, fn), {
    skip: (name: string) => void skipped.push(name),
  })
  conformance(async () => backend, { describe: (_, fn) => fn(), it }, options)
  return { tests, skipped }
}

async function failures(tests: Map<string, () => Promise<void>>): Promise<string[]> {
  const failed: string[] = []
  for (const [name, run] of tests) {
    try {
      await run()
    } catch {
      failed.push(name)
    }
  }
  return failed
}

/** A backend without Variables over other kernels. */
function over(kernels: Kernels<Value>): Backend {
  return {
    ...reference(),
    async compile({ parameters, results }) {
      return {
        bytes: 0,
        run: async (inputs) => {
          const bindings = new Map(parameters.map((parameter, i) => [parameter, inputs[i] as HostTensor]))
          return interpret([...results], kernels, bindings).map((value) => hostTensor(value))
        },
        dispose: async () => {},
      }
    },
  }
}

function wrong(x: number, dtype: DType): number {
  if (dtype === 'bool') return 1 - x
  if (!isFloat(dtype)) return x + 1
  return Number.isFinite(x) ? x + 0.001 * (1 + Math.abs(x)) : 0
}

/** The same kernel, one element of whose results is off by a little. */
function spoiled(primitive: Primitive): Kernels<Value> {
  const spoil = (value: Value): Value => {
    const data = value.data.slice()
    const last = data.length - 1
    if (last >= 0) data[last] = wrong(data[last]!, value.dtype)
    return { ...value, data }
  }
  if (primitive === 'scan')
    return {
      ...referenceKernels,
      scan: { ...referenceKernels.scan, stack: (values, output) => spoil(referenceKernels.scan.stack(values, output)) },
    }
  const kernel = referenceKernels[primitive as 'neg'] as (inputs: readonly Value[], node: Node) => Value
  return { ...referenceKernels, [primitive]: (inputs: readonly Value[], node: Node) => spoil(kernel(inputs, node)) }
}

describe('the conformance suite', () => {
  // removed by the passes, so no backend sees them
  const passes: readonly string[] = ['customGradient', 'stopGradient']
  it.each(Object.keys(referenceKernels).filter((primitive) => !passes.includes(primitive)) as Primitive[])(
    'finds a wrong kernel of %s',
    async (primitive) => {
      const { tests } = collect(over(spoiled(primitive)))
      const own = new Map([...tests].filter(([name]) => name.startsWith(`${primitive}: `)))
      const empty = [...own.keys()].filter((name) => name.includes('no elements') && !/^(pad|reduceSum)/.test(name))
      const failed = await failures(own)
      expect(own.size).toBeGreaterThan(0)
      // all but those whose result has no element to be wrong
      expect(failed).toEqual([...own.keys()].filter((name) => !empty.includes(name)))
    },
  )

  it('skips by name and by group, with the reason', () => {
    const { tests, skipped } = collect(reference(), { skip: { 'matmul: batch': 'slow', random: 'not yet' } })
    expect(skipped).toContain('matmul: batch (slow)')
    expect(skipped.filter((name) => name.endsWith('(not yet)')).length).toBeGreaterThan(1)
    expect([...tests.keys()].filter((name) => name.startsWith('random'))).toEqual([])
    expect(() => collect(reference(), { skip: { 'matmul: nonsense': '' } })).toThrow("'matmul: nonsense'")
  })

  it('holds a backend without float64 to refusing it', async () => {
    const { tests } = collect(reference())
    await expect(tests.get('program: float64 is refused')!()).rejects.toThrow('float64: no error')
  })
})
