import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { selectModels, type Model } from './models.js'

/**
 * The acceptance tables: every model is converted and evaluated by the command line as a user runs it, with 1,000 calibration
 * images, on all test images, and the accuracies at T = 32 and 64 are held against the ANN's.
 */
const program = fileURLToPath(new URL('../../cli/src/main.ts', import.meta.url))

/** The part of `snn eval --json` that is used here. */
interface Evaluation {
  readonly ann: { readonly accuracy: number; readonly seconds: number }
  readonly snn: readonly { readonly steps: number; readonly accuracy: number; readonly spikesPerNeuronPerStep: number; readonly seconds: number }[]
}

async function snn(...args: string[]): Promise<unknown> {
  const child = spawn(process.execPath, [...process.execArgv, program, ...args, '--json'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const closed = new Promise<number | null>((resolve) => child.on('close', resolve))
  const output = await text(child.stdout)
  const status = await closed
  if (status !== 0) throw new Error(`snn ${args.join(' ')} ended with ${status}`)
  return JSON.parse(output)
}

/** How far below the ANN, in percentage points, a model may be at T = 32 and at T = 64. */
function allowed({ name }: Model): Readonly<Record<number, number>> {
  return name === 'resnet20' ? { 64: 3 } : { 32: 1, 64: 0.5 }
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { samples: { type: 'string' } } })
  const models = selectModels(positionals).map((model) => ({ ...model, testSamples: Math.min(model.testSamples, Number(values.samples ?? Infinity)) }))
  const folder = await mkdtemp(join(tmpdir(), 'snn-accuracy-'))
  let failed = 0
  console.log('| model | mode | test images | ANN | T = 32 | T = 64 | spikes per neuron and step | seconds, T = 64 | within |\n|---|---|---:|---:|---:|---:|---:|---:|---|')
  try {
    for (const model of models) {
      const out = join(folder, `${model.name}.snn.onnx`)
      await snn('convert', model.file, '--calibrate', model.calibrate, '--samples', '1000', '--mode', model.mode, '--preprocess', JSON.stringify(model.preprocess), '--out', out)
      const { ann, snn: results } = (await snn('eval', out, '--data', model.test, '--samples', String(model.testSamples), '--steps', '32,64', '--against', model.file)) as Evaluation
      const points = (steps: number): number => 100 * (results.find((result) => result.steps === steps)!.accuracy - ann.accuracy)
      const cell = (steps: number): string => `${(100 * ann.accuracy + points(steps)).toFixed(2)} (${points(steps) >= 0 ? '+' : ''}${points(steps).toFixed(2)})`
      // accuracies are counts of images: half an image of slack for the rounding of differences
      const isWithin = Object.entries(allowed(model)).every(([steps, limit]) => points(Number(steps)) >= -limit - 50 / model.testSamples)
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
