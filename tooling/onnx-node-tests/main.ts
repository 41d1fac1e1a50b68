/**
 * Reads each of ONNX's node tests, writes it back, and asks ONNX Runtime whether that still computes what the standard
 * says:
 *
 *   node --conditions=@snn/source --import tsx tooling/onnx-node-tests/main.ts FOLDER [--only TEXT] [--refused]
 *
 * FOLDER holds a folder for each test, as generate.py makes them. Exits with 1 if a test that is understood computes
 * something else.
 * `--refused` lists what is not understood, by operation.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { isSnnError } from '@snn/tensor'
import { readOnnx, writeOnnx, type OnnxGraph, type OnnxTensor } from '@snn/onnx'
import { difference, runModel } from './run-model.ts'
import { protosIn, tensorOf, withConstant } from './values.ts'

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: 'string', default: '' }, refused: { type: 'boolean', default: false } },
})
const folder = positionals[0]
if (folder === undefined) throw new Error('Which folder? See the head of this file.')

/**
 * What became of a test: equal, or not understood, or ONNX Runtime runs neither form, or text that says what differs.
 */
type Outcome = 'equal' | { readonly refused: string } | { readonly notRun: string } | { readonly differs: string }

/** How a test is read: with a free batch or the file's, and with all inputs but the first, or all, as constants. */
const variants = {
  free: { batch: 'free', inputs: Infinity },
  keep: { batch: 'keep', inputs: Infinity },
  constants: { batch: 'free', inputs: 1 },
  folded: { batch: 'keep', inputs: 0 },
} as const
type Variant = keyof typeof variants

function read(bytes: Uint8Array, batch: 'free' | 'keep'): OnnxGraph | { readonly refused: string } {
  try {
    const graph = readOnnx(bytes, { batch })
    const [first] = graph.unsupported
    return first ? { refused: `${first.op}: ${first.reason}` } : graph
  } catch (error) {
    if (!isSnnError(error)) throw error
    return { refused: `${error.code}: ${error.message}` }
  }
}

async function attempt<T>(run: () => Promise<T>): Promise<T | string> {
  try {
    return await run()
  } catch (error) {
    return String(error instanceof Error ? error.message : error).slice(0, 300)
  }
}

async function tested(path: string, variant: Variant): Promise<Outcome | undefined> {
  const model = readFileSync(join(path, 'model.onnx'))
  const names = inputNames(model)
  if (names.length <= (variants[variant].inputs === 1 ? 1 : 0)) return undefined
  const protos = protosIn(path, 'input')
  let bytes: Uint8Array = model
  names.forEach((name, i) => {
    if (i >= variants[variant].inputs && protos[i]) bytes = withConstant(bytes, name, protos[i])
  })
  const graph = read(bytes, variants[variant].batch)
  if ('refused' in graph) return graph
  const inputs = protos.map(tensorOf)
  const expected = protosIn(path, 'output').map(tensorOf)
  if (!inputs.every((value) => value !== undefined) || !expected.every((value) => value !== undefined))
    return { refused: 'a value that is no tensor of numbers' }
  const feeds = Object.fromEntries(graph.inputs.map(({ name }) => [name, inputs[names.indexOf(name)]!]))
  const tolerance = graph.notes.some((note) => note.includes('float16')) ? 1e-2 : 1e-5
  const different = (a: readonly OnnxTensor[], b: readonly OnnxTensor[]): string | undefined =>
    firstDifference(a, b, tolerance)
  const ours = await attempt(() => runModel(writeOnnx(graph), feeds))
  const asExpected = typeof ours === 'string' ? ours : different(ours, expected)
  if (asExpected === undefined) return 'equal'
  // where ONNX Runtime is not of the standard's opinion, it must be of the same opinion about both forms
  const original = await attempt(() => runModel(bytes, feeds))
  if (typeof original === 'string') return { notRun: original }
  if (typeof ours === 'string') return { differs: ours }
  const asBefore = different(ours, original)
  return asBefore === undefined ? 'equal' : { differs: asBefore }
}

function firstDifference(
  ours: readonly OnnxTensor[],
  theirs: readonly OnnxTensor[],
  tolerance: number,
): string | undefined {
  for (let i = 0; i < theirs.length; i++) {
    const text = ours[i] ? difference(ours[i]!, theirs[i]!, tolerance) : 'it is missing'
    if (text !== undefined) return `output ${i}: ${text}`
  }
  return undefined
}

function inputNames(model: Uint8Array): string[] {
  try {
    return readOnnx(model, { batch: 'keep' }).inputs.map(({ name }) => name)
  } catch {
    return []
  }
}

const counts = { equal: 0, refused: 0, notRun: 0, differs: 0 }
const refused = new Map<string, number>()
for (const name of readdirSync(folder).sort()) {
  const path = join(folder, name)
  if (!name.includes(options.only) || !existsSync(join(path, 'model.onnx'))) continue
  for (const variant of Object.keys(variants) as Variant[]) {
    const outcome = await tested(path, variant)
    if (!outcome) continue
    if (outcome === 'equal') counts.equal++
    else if ('refused' in outcome) {
      counts.refused++
      const reason = outcome.refused.slice(0, 160)
      refused.set(reason, (refused.get(reason) ?? 0) + 1)
    } else if ('notRun' in outcome) {
      counts.notRun++
      if (options.refused) console.log(`not run  ${name} (${variant}): ${outcome.notRun.slice(0, 160)}`)
    } else {
      counts.differs++
      console.log(`DIFFERS  ${name} (${variant}): ${outcome.differs}`)
    }
  }
}
if (options.refused)
  for (const [reason, count] of [...refused].sort(([, a], [, b]) => b - a)) console.log(`refused  ${count} x ${reason}`)
console.log(
  `${counts.equal} equal, ${counts.differs} differ; ${counts.refused} not understood, ${counts.notRun} that ONNX Runtime does not run`,
)
process.exitCode = counts.differs > 0 || counts.equal === 0 ? 1 : 0
