import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeWarnings } from '@snn/ann2snn'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tinyModel, writeTinyData } from '../../test/tiny.js'
import { convertModel, type ConvertModelOptions } from '../convert-model.js'
import { describeConversion } from '../describe-conversion.js'

let folder: string
const work = { signal: new AbortController().signal, onProgress: () => {} }

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cli-convert-'))
  await writeTinyData(join(folder, 'data'))
  await writeFile(join(folder, 'tiny.onnx'), tinyModel())
})
afterAll(() => rm(folder, { recursive: true }))

/** What a reader gets. */
async function described(options: Partial<ConvertModelOptions>): Promise<string> {
  const result = await convertModel(
    join(folder, 'tiny.onnx'),
    { calibrate: `${folder}/data:train`, samples: 40, out: join(folder, 'tiny.snn.onnx'), ...options },
    work,
  )
  return describeConversion(result, describeWarnings(result.report))
}

describe('what snn convert says', { timeout: 60_000 }, () => {
  it('names the data that were measured on, what they cannot tell and how to have more, and the preprocessing', async () => {
    const text = await described({ preset: 'chip' })
    expect(text).toMatch(
      /^chosen: .* on 40 samples of .*data:train that chose no thresholds; --validate DATA measures on others\n/,
    )
    expect(text).toMatch(/half a point cannot be told with 40 samples.*give more with --samples: the data hold 120\./)
    expect(text).toContain('within budget: points lost and their standard error, ±, are together at most 0.5')
    expect(text).toMatch(/preprocessing: 0-1 \{.*\(assumed, .*--preprocess auto/)
  })

  it('says of the preset exact that it goes by the classes of the ANN, with accuracies', async () => {
    const text = await described({ preset: 'exact' })
    expect(text).toMatch(
      /ANN: 100\.0 % on [\d,]+ samples\npoints lost are samples whose class is not the ANN's, as --preset exact/,
    )
    expect(text).not.toContain('no labels')
  })

  it('warns first where the ANN is near guessing, and goes by its classes', async () => {
    const text = await described({ preset: 'fast', preprocess: { scale: -1 / 255, mean: -1 } })
    expect(text).toMatch(/^warning: An accuracy of .* better than guessing .*--preprocess auto.*\nchosen: /)
    expect(text).toContain("the ANN's own accuracy is near guessing here")
    expect(text).toContain('preprocessing: inverted {')
    expect(text.match(/An accuracy of/g)).toHaveLength(1)
  })
})
