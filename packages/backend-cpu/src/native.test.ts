import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  averagePool,
  compile,
  conv,
  grad,
  isSnnError,
  maxPool,
  scan,
  sizeOf,
  uniform,
  variable,
  zeros,
  type Backend,
  type Shape,
  type Tensor,
  type TypedArray,
} from '@snn/tensor'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { CpuBackend } from './cpu.js'
import { cpu, type CpuOptions, type KernelForm } from './index.js'
import { findCompiler } from './kernels/compiler.js'
import { cacheFolder } from './kernels/objects.js'

const hasCompiler = await findCompiler({ isAwaited: true }).then(
  () => true,
  (error: unknown) => {
    console.warn(`Tests of native kernels are skipped: ${String(error)}`)
    return false
  },
)

let root: string
/** Where this test keeps compiled objects. */
const keepIn = (folder: string): void =>
  ['XDG_CACHE_HOME', 'LOCALAPPDATA', 'HOME'].forEach((name) => vi.stubEnv(name, folder))
beforeEach(() => keepIn((root = mkdtempSync(join(tmpdir(), 'snn-native-test-')))))
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(root, { recursive: true })
})

function filled(shape: Shape, seed: number) {
  let state = seed
  const next = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32
  return { data: Float32Array.from({ length: sizeOf(shape) }, () => 2 * next() - 1), shape }
}

const input: Shape = [4, 3, 2, 14, 18]
/** Enough to compute for kernels that are compiled when a program goes on computing. */
const large: Shape = [4, 16, 2, 28, 36]

/**
 * A step of training with all that has a kernel: neurons with a learned threshold, sums, both poolings and their
 * gradients, windows written out, random numbers.
 */
function training(backend: Backend, name = 'w') {
  const weight = variable(filled([6, 2, 3, 3], 1), { name })
  const threshold = variable(filled([6, 1, 1], 2), { name: `${name} threshold` })
  return compile(
    (xs: Tensor) => {
      const currents = conv(xs, weight.read(), { padding: 1 })
      const [, spikes] = scan(
        (v: Tensor, x: Tensor) => {
          const charged = v.add(x.sub(v).mul(0.5))
          const spike = charged.sub(threshold.read().abs().add(0.2)).mul(4).tanh()
          return [charged.sub(spike.mul(charged.exp())), spike] as const
        },
        zeros(currents.shape.slice(1)),
        currents,
      )
      const pooled = maxPool(spikes, [2, 2])
        .sum()
        .add(averagePool(spikes, [3, 3], { stride: 2, padding: 1 }).mul(1.5).sum())
      const loss = pooled.add(spikes.mul(uniform(spikes.shape, { seed: 3 })).sum())
      return [loss, spikes, ...grad(loss, [weight, threshold])]
    },
    { backend },
  )
}

/** What one run gives, and how the backend made it. */
async function once(
  options: CpuOptions,
): Promise<{
  readonly results: readonly TypedArray[]
  readonly why: string
  readonly runs: { readonly wasm: number; readonly native: number }
}> {
  // convolutions that skip zeros have no text in C
  const backend = await cpu({ ...options, eventDensity: 0 })
  const results = (await training(backend)(filled(input, 5))).map(({ data }) => data)
  const { runs, why } = backend.info().kernels
  await backend.dispose()
  return { results, why, runs }
}

it('kernels are asked for by their names', async () => {
  for (const kernels of ['wat', 1, null] as unknown as KernelForm[])
    await expect(cpu({ kernels })).rejects.toMatchObject({ code: 'ARGUMENT', details: { name: 'kernels' } })
})

describe('without a compiler', () => {
  beforeEach(() => vi.stubEnv('CC', 'no-such-compiler --really'))

  it('native kernels are an error that names what is missing and the fix', async () => {
    const error: unknown = await cpu({ kernels: 'native' }).catch((e: unknown) => e)
    if (!isSnnError(error, 'BACKEND_UNAVAILABLE')) throw error
    expect(error.details.reason).toContain('no-such-compiler')
    expect(error.details.fix).toContain('npm install koffi')
    expect(error.details.fix).toContain('CC')
  })

  it('others go on as WebAssembly, and the backend says why', async () => {
    const backend = (await cpu({ threads: 1 })) as CpuBackend
    const run = training(backend)
    expect(backend.info()).toEqual({
      threads: 1,
      kernels: { asked: 'auto', runs: { wasm: 0, native: 0 }, why: expect.stringContaining('no program') },
    })
    while (!backend.info().kernels.why.includes('no-such-compiler')) await run(filled(large, 5))
    const { runs: before } = backend.info().kernels
    await run(filled(large, 5))
    expect(backend.info().kernels.runs.native).toBe(0)
    expect(backend.info().kernels.runs.wasm).toBeGreaterThan(before.wasm)
    await backend.dispose()
  })
})

describe.skipIf(!hasCompiler)('native kernels', () => {
  for (const threads of [1, 2]) {
    it(`give the bits of WebAssembly, ${threads} threads`, async () => {
      const [wasm, native] = [await once({ threads, kernels: 'wasm' }), await once({ threads, kernels: 'native' })]
      expect(native.results).toEqual(wasm.results)
      expect(wasm.runs.native).toBe(0)
      expect(native.runs).toEqual({ wasm: 0, native: wasm.runs.wasm })
      expect(native.why).toMatch(/^native: compiled by /)
    })
  }

  it('are taken into use between two runs, with the same results', async () => {
    const backend = await cpu({ threads: 2, eventDensity: 0 })
    const run = training(backend)
    const first = await run(filled(large, 5))
    expect(backend.info().kernels.runs.native).toBe(0)
    let last = first
    while (backend.info().kernels.runs.native === 0) last = await run(filled(large, 5))
    expect(last.map(({ data }) => data)).toEqual(first.map(({ data }) => data))
    await backend.dispose()
  })

  it('a backend that goes ends its compiler', async () => {
    const backend = await cpu({ threads: 1 })
    const run = training(backend)
    while (!backend.info().kernels.why.includes('being compiled')) await run(filled(large, 5))
    await backend.dispose()
    expect(readdirSync(cacheFolder())).toEqual([])
  })

  it('are not made of what computes little', async () => {
    const backend = await cpu({ threads: 1 })
    const run = training(backend)
    while (!backend.info().kernels.why.includes('computes enough')) await run(filled([1, 1, 2, 6, 6], 5))
    expect(backend.info().kernels.runs.native).toBe(0)
    await backend.dispose()
  })

  it('nothing that a model calls itself gets into what is compiled', async () => {
    const name = 'layer"; #include <stdio.h> /* ünique */'
    const backend = (await cpu({ threads: 1, kernels: 'native' })) as CpuBackend
    const kernels = await backend.workshop!.asked(async () => void (await training(backend, name)(filled(input, 5))))
    const text = backend.workshop!.unit(kernels)
    expect(text).toContain('void kernel3(')
    for (const part of ['layer', '#include', 'nique', 'stdio', 'threshold', 'native.test'])
      expect(text).not.toContain(part)
    // words of C and of this package, and numbers
    expect(text).toMatch(/^[\x20-\x7e\n]*$/)
    expect(
      text.match(/"[^"]*"/g)?.filter((quoted) => !quoted.includes('ivdep') && !quoted.includes('vectorize')) ?? [],
    ).toEqual([])
    await backend.dispose()
  })

  describe('are kept', () => {
    const objects = (): string[] => readdirSync(cacheFolder()).map((name) => join(cacheFolder(), name))

    it('from process to process, privately', async () => {
      const first = await once({ threads: 1, kernels: 'native' })
      const second = await once({ threads: 1, kernels: 'native' })
      expect(second.why).toBe('native: taken from the cache')
      expect(second.results).toEqual(first.results)
      expect(objects()).toHaveLength(1)
      if (process.platform !== 'win32') expect(statSync(cacheFolder()).mode & 0o777).toBe(0o700)
    })

    it('and not loaded where they are damaged', async () => {
      await once({ threads: 1, kernels: 'native' })
      const [good] = objects()
      const bytes = readFileSync(good!)
      const other = join(root, 'other')
      keepIn(other)
      mkdirSync(cacheFolder(), { recursive: true, mode: 0o700 })
      bytes[bytes.length >> 1]! ^= 1
      writeFileSync(join(cacheFolder(), good!.slice(good!.lastIndexOf('/') + 1)), bytes)
      expect((await once({ threads: 1, kernels: 'native' })).why).toMatch(/^native: compiled by /)
    })

    it('and what a stopped process has left goes', async () => {
      mkdirSync(cacheFolder(), { recursive: true, mode: 0o700 })
      const [left, running] = ['new-left', 'new-running'].map((name) => join(cacheFolder(), name))
      for (const folder of [left!, running!]) mkdirSync(folder)
      utimesSync(left!, new Date(0), new Date(0))
      await once({ threads: 1, kernels: 'native' })
      expect(objects().filter((path) => path.includes('new-'))).toEqual([running])
    })

    it.skipIf(process.platform === 'win32')('and not where others could have written', async () => {
      await once({ threads: 1, kernels: 'native' })
      chmodSync(cacheFolder(), 0o777)
      const found = await once({ threads: 1, kernels: 'native' })
      expect(found.why).toMatch(/^native: compiled by /)
      expect(objects()).toHaveLength(1)
    })

    it('nowhere, where there is no place for them', async () => {
      writeFileSync(join(root, 'file'), '')
      keepIn(join(root, 'file'))
      const found = await once({ threads: 2, kernels: 'native' })
      expect(found.why).toMatch(/^native: compiled by /)
      expect(found.runs.wasm).toBe(0)
    })
  })
})
