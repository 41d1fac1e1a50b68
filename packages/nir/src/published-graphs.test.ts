import { readdirSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { cpu } from '@snn/backend-cpu'
import { compile, reference, type Backend, type HostTensor, type Tensor } from '@snn/tensor'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sharedFile, sharedPath } from '../test/shared-data.js'
import { fromNir, readNir, repairNir, type DiscretisationName, type NirGraph } from './index.js'

let backend: Backend & Partial<AsyncDisposable & Disposable>
beforeAll(async () => void (backend = await cpu()))
afterAll(() => backend[Symbol.asyncDispose]?.())

const braille = (name: string, options = {}): Promise<NirGraph> =>
  readNir(sharedFile(`nir/braille_noDelay_bias_zero${name}.nir`), options)

/** Spikes that look random, 1 with this probability. */
const random = (
  shape: readonly number[],
  p: number,
): { readonly data: Float32Array; readonly shape: readonly number[] } => ({
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) =>
    Number(Math.abs(Math.sin(12.9898 * i + 78.233) * 43758.5453) % 1 < p),
  ),
  shape,
})

describe.skipIf(!sharedPath('nir'))('published graphs', () => {
  async function outputs(graph: NirGraph, as: DiscretisationName, on: Backend = backend): Promise<HostTensor> {
    const net = fromNir(graph, { dt: 1e-4, as })
    return compile((x: Tensor) => net.forward(x), { backend: on })(random([60, 2, 12], 0.3))
  }

  it('the recurrent Braille reader runs, alike on every backend', { timeout: 60_000 }, async () => {
    const graph = await braille('')
    const net = fromNir(graph, { dt: 1e-4, as: 'euler' })
    expect(net.feedback).toEqual([{ name: 'lif1.lif.before', from: 'lif1.lif', shape: [38] }])
    const out = await outputs(graph, 'euler')
    expect(out.shape).toEqual([60, 2, 7])
    expect(new Set(out.data)).toEqual(new Set([0, 1]))
    expect((await outputs(graph, 'euler', reference())).data).toEqual(out.data)
  })

  it(
    'its nested twin has edges to a node of another name: an error that says so, a repair, and then the same outputs',
    { timeout: 60_000 },
    async () => {
      await expect(braille('_subgraph')).rejects.toMatchObject({
        code: 'NIR_INVALID',
        message: expect.stringContaining("'lif1/lif' is named by edges, and no node") as string,
        details: { faults: [{ node: 'lif1/lif' }] },
      })
      const twin = await braille('_subgraph', { repair: true })
      expect(repairNir(await braille('_subgraph', { check: false })).repairs).toEqual([
        "edges of 'lif1' to 'lif' go to 'lif1'",
      ])
      const names = fromNir(twin, { dt: 1e-4 }).nodes.map(({ name }) => name)
      expect(names).toContain('lif1.lin')
      for (const as of ['euler', 'exact', 'snntorch', 'lava'] as const)
        expect((await outputs(twin, as)).data).toEqual((await outputs(await braille(''), as)).data)
    },
  )

  it("Rockpool's output of another shape: an error that says so, and a repair", async () => {
    await expect(readNir(sharedFile('nir/lif_rockpool.nir'))).rejects.toThrow(
      "'output' takes [1,1,1], and gets [1] from '1_LIFNeuronTorch'",
    )
    const repaired = await readNir(sharedFile('nir/lif_rockpool.nir'), { repair: true })
    expect(repaired.nodes['output']).toEqual({ type: 'Output', shape: [1] })
  })

  it.skipIf(!sharedPath('events/nmnist/Test'))(
    'the N-MNIST classifier of sinabs gets at least 56 of 60 right',
    { timeout: 300_000 },
    async () => {
      const folder = sharedPath('events/nmnist/Test')!
      const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((path) => path.endsWith('.bin'))
        .sort()
      const net = fromNir(await readNir(sharedFile('nir/cnn_sinabs.nir')), { dt: 1e-3, as: 'sinabs' })
      const count = compile((x: Tensor) => net.forward(x).sum(0), { backend })
      const [T, size, batch] = [300, 2 * 34 * 34, 10]
      let right = 0
      for (let from = 0; from < files.length; from += batch) {
        const part = files.slice(from, from + batch)
        const data = new Float32Array(T * part.length * size)
        part.forEach((path, n) => {
          const bytes = sharedFile(`events/nmnist/Test/${path}`)
          for (let at = 0; at + 5 <= bytes.length; at += 5) {
            const [x, y, high, middle, low] = bytes.subarray(at, at + 5) as unknown as [
              number,
              number,
              number,
              number,
              number,
            ]
            const t = Math.floor((((high & 127) << 16) | (middle << 8) | low) / 1000)
            if (t < T) data[(t * part.length + n) * size + (high >> 7) * 34 * 34 + y * 34 + x]! += 1
          }
        })
        const { data: counts } = await count({ data, shape: [T, part.length, 2, 34, 34] })
        part.forEach((path, n) => {
          const own = counts.slice(10 * n, 10 * n + 10)
          if (own.indexOf(Math.max(...own)) === Number(basename(dirname(path)))) right++
        })
      }
      console.log(`cnn_sinabs.nir: ${right} of ${files.length} right`)
      expect(files).toHaveLength(60)
      expect(right).toBeGreaterThanOrEqual(56)
    },
  )
})
