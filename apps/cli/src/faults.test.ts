import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { convertModel } from './convert-model.js'
import { evaluateModel } from './evaluate-model.js'
import { inspectModel } from './inspect-model.js'

const shared = join(
  process.env['SNN_SHARED'] ?? fileURLToPath(new URL('../../../../shared', import.meta.url)),
  'data/faults',
)
const isThere = existsSync(shared)
if (!isThere)
  console.warn(`SKIPPED: no files that failed in ${shared}; set SNN_SHARED to the folder that holds data/faults.`)

const work = { signal: new AbortController().signal, onProgress: () => {} }
let folder: string
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'faults-'))))
afterAll(() => rm(folder, { recursive: true }))

describe.skipIf(!isThere)('files that failed', { timeout: 120_000 }, () => {
  const model = (name: string): string => join(shared, `${name}.onnx`)
  const data = (name: string): string => join(shared, `${name}.npz`)

  it.each([['one-sigmoid-output'], ['label-is-first-output'], ['uint8-input-scaled-inside']])(
    '%s: all right, for ANN, report and SNN',
    async (name) => {
      expect((await evaluateModel(model(name), { data: data(name) }, work)).ann!.accuracy).toBe(1)
      const out = join(folder, `${name}.snn.onnx`)
      const { report } = await convertModel(model(name), { calibrate: data(name), out }, work)
      expect([report.ann.accuracy, report.warnings]).toEqual([1, []])
      const { ann, snn } = await evaluateModel(
        out,
        { data: data(name), sameData: true, against: model(name), steps: [256] },
        work,
      )
      expect(ann!.accuracy).toBe(1)
      expect(snn[0]!.accuracy).toBeGreaterThan(0.98)
    },
  )

  it('labels-from-one: the offset is named, and found', async () => {
    const name = 'labels-from-one'
    await expect(evaluateModel(model(name), { data: data(name) }, work)).rejects.toThrow(/--label-offset -1/)
    expect((await evaluateModel(model(name), { data: data(name), preprocess: 'auto' }, work)).ann!.accuracy).toBe(1)
    expect((await inspectModel(model(name), { data: data(name) }, work)).trials![0]).toMatchObject({
      labelOffset: -1,
      accuracy: 1,
    })
  })
})
