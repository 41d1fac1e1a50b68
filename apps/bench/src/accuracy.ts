import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { snn, type Evaluation } from './command-line.js'
import { acceptanceModels, selectModels, type Model } from './models.js'

/**
 * The acceptance tables: every model is converted and evaluated by the command line as a user runs it, with 1,000
 * calibration images, on all test images, and the accuracies at T = 32 and 64 are held against the ANN's.
 */

/** How far below the ANN, in percentage points, a model may be at T = 32 and at T = 64. */
function allowed({ name }: Model): Readonly<Record<number, number>> {
  return name === 'resnet20' ? { 64: 3 } : { 32: 1, 64: 0.5 }
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { samples: { type: 'string' } } })
  const models = selectModels(acceptanceModels, positionals).map((model) => ({
    ...model,
    testSamples: Math.min(model.testSamples, Number(values.samples ?? Infinity)),
  }))
  const folder = await mkdtemp(join(tmpdir(), 'snn-accuracy-'))
  let failed = 0
  console.log(
    '| model | mode | test images | ANN | T = 32 | T = 64 | spikes per neuron and step | seconds, T = 64 | within |\n|---|---|---:|---:|---:|---:|---:|---:|---|',
  )
  try {
    for (const model of models) {
      const out = join(folder, `${model.name}.snn.onnx`)
      await snn(
        'convert',
        model.file,
        '--calibrate',
        model.calibrate,
        '--samples',
        '1000',
        '--mode',
        model.mode,
        '--preprocess',
        JSON.stringify(model.preprocess),
        '--out',
        out,
      )
      const { ann, snn: results } = (await snn(
        'eval',
        out,
        '--data',
        model.test,
        '--samples',
        String(model.testSamples),
        '--steps',
        '32,64',
        '--against',
        model.file,
      )) as Evaluation
      const points = (steps: number): number =>
        100 * (results.find((result) => result.steps === steps)!.accuracy - ann.accuracy)
      const cell = (steps: number): string =>
        `${(100 * ann.accuracy + points(steps)).toFixed(2)} (${points(steps) >= 0 ? '+' : ''}${points(steps).toFixed(2)})`
      // accuracies are counts of images: half an image of slack for the rounding of differences
      const isWithin = Object.entries(allowed(model)).every(
        ([steps, limit]) => points(Number(steps)) >= -limit - 50 / model.testSamples,
      )
      if (!isWithin) failed++
      const last = results.at(-1)!
      console.log(
        `| ${model.name} | ${model.mode} | ${model.testSamples} | ${(100 * ann.accuracy).toFixed(2)} | ${cell(32)} | ${cell(64)} | ${last.spikesPerNeuronPerStep.toFixed(4)} | ${last.seconds.toFixed(0)} | ${isWithin ? 'yes' : 'NO'} |`,
      )
    }
  } finally {
    await rm(folder, { recursive: true })
  }
  if (failed > 0) process.exitCode = 1
}

void main()
