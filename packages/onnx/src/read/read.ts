import { isSnnError, SnnError } from '@snn/tensor'
import { substitute } from '../dim.js'
import {
  batchSymbol,
  type Dim,
  type OnnxGraph,
  type OnnxValue,
  type ReadOptions,
  type UnsupportedNode,
} from '../graph.js'
import { NotUnderstood } from '../errors.js'
import { ruleOf } from '../rules/table.js'
import { Builder, type FreedBatch } from './builder.js'
import { finish } from './finish.js'
import { normalOpset } from './limits.js'
import { Names } from './names.js'
import { parse, type Declared, type Parsed } from './parse.js'

/**
 * Reads a model file into a checked graph in normal form (see normal-form.md): opset 7 to 26, float types as float32,
 * one form per operation, constants folded, sizes inferred, the batch free.
 *
 * Throws `ONNX_INVALID` for a malformed file (sizes are checked before memory is taken), `ONNX_UNSUPPORTED` for an
 * opset outside of that range, `ARGUMENT` for a wrong option. Operations that are not understood are no error: they are
 * listed in
 * `graph.unsupported`; `assertSupported(graph)` makes them one.
 */
export function readOnnx(bytes: Uint8Array, options: ReadOptions = {}): OnnxGraph {
  const parsed = parse(bytes, options)
  const inputs = boundInputs(parsed, options)
  const wish = options.batch ?? 'free'
  const batch = fixedBatch(inputs)
  if (!batch || wish === 'keep' || wish === batch.size) return graphOf(parsed, bytes, build(parsed, inputs, undefined))
  const kept = outcome(() => build(parsed, inputs, undefined))
  const free = outcome(() =>
    build(
      parsed,
      inputs.map((i) => freed(i, batch)),
      batch,
    ),
  )
  if (kept.error) throw kept.error
  const reason = free.error ? free.error.details.what : disagreement(free.built, kept.built, batch)
  if (reason !== undefined) {
    if (wish !== 'free')
      throw new SnnError(
        'ARGUMENT',
        `[readOnnx] batch ${wish}: the file fixes the batch to ${batch.size}, and that cannot be changed (${reason}). Export it with a free batch.`,
        { name: 'batch', value: wish },
      )
    return graphOf(parsed, bytes, kept.built, `The batch size stays ${batch.size} as in the file: ${reason}.`)
  }
  const note = `The batch size, ${batch.size} in the file, was made ${wish === 'free' ? 'free' : wish}.`
  return graphOf(parsed, bytes, wish === 'free' ? free.built! : substituted(free.built!, batch.symbol, wish), note)
}

type Built = ReturnType<typeof finish> & { readonly notes: ReadonlySet<string> }
type Outcome =
  | { readonly built: Built; readonly error?: undefined }
  | { readonly built?: undefined; readonly error: SnnError<'ONNX_INVALID'> }

function outcome(make: () => Built): Outcome {
  try {
    return { built: make() }
  } catch (error) {
    if (isSnnError(error, 'ONNX_INVALID')) return { error }
    throw error
  }
}

/** Why the graph with a free batch is not the one of the file when that batch is put in; undefined when it is. */
function disagreement(free: Built, kept: Built, batch: FreedBatch): string | undefined {
  if (free.unsupported.length > kept.unsupported.length) return free.unsupported[0]!.reason
  for (const [name, { shape }] of kept.values) {
    const other = free.values.get(name)?.shape
    if (shape && other && shape.join() !== other.map((d) => substitute(d, batch.symbol, batch.size)).join())
      return `value "${name}" would change its shape`
  }
  return undefined
}

/** The inputs with the sizes that the options give. */
function boundInputs(parsed: Parsed, options: ReadOptions): Declared[] {
  const { sizes = {}, batch } = options
  for (const [name, value] of [
    ...Object.entries(sizes),
    ...(typeof batch === 'number' ? [['batch', batch] as const] : []),
  ]) {
    if (!Number.isInteger(value) || value < 1)
      throw new SnnError('ARGUMENT', `[readOnnx] size ${name} is ${value}, expected a whole number of at least 1.`, {
        name,
        value,
      })
  }
  const symbols = new Set(parsed.inputs.flatMap((i) => i.shape?.filter((d) => typeof d === 'string') ?? []))
  for (const name of Object.keys(sizes)) {
    if (!symbols.has(name))
      throw new SnnError(
        'ARGUMENT',
        `[readOnnx] the option sizes names "${name}", the inputs have ${[...symbols].join(', ') || 'no symbolic sizes'}.`,
        { name: 'sizes', value: sizes },
      )
  }
  const bound = parsed.inputs.map((i) => ({
    ...i,
    shape: i.shape?.map((d) => (typeof d === 'string' ? (sizes[d] ?? d) : d)),
  }))
  if (typeof batch !== 'number') return bound
  const leading = new Set(bound.flatMap((i) => (i.shape && i.shape.length > 1 ? [i.shape[0]!] : [])))
  return bound.map((i) => ({ ...i, shape: i.shape?.map((d) => (leading.has(d) && typeof d === 'string' ? batch : d)) }))
}

/** The batch that the file fixes: the leading size of all inputs of two axes or more, when it is the same number. */
function fixedBatch(inputs: readonly Declared[]): FreedBatch | undefined {
  const sizes = new Set(inputs.flatMap((i) => (i.shape && i.shape.length > 1 ? [i.shape[0]!] : [])))
  const [size] = sizes
  if (sizes.size !== 1 || typeof size !== 'number') return undefined
  const symbols = new Set(inputs.flatMap((i) => i.shape?.filter((d) => typeof d === 'string') ?? []))
  return { symbol: new Names(symbols).fresh(batchSymbol), size }
}

function freed(input: Declared, batch: FreedBatch): Declared {
  return input.shape && input.shape.length > 1 ? { ...input, shape: [batch.symbol, ...input.shape.slice(1)] } : input
}

function build(parsed: Parsed, declared: readonly Declared[], batch: FreedBatch | undefined): Built {
  const names = new Names(new Set([...parsed.valueNames, ...parsed.nodes.map(({ node }) => node.name)]))
  const weights = [...parsed.constants.values()].reduce(
    (sum, c) => sum + (c instanceof NotUnderstood ? 0 : c.data.length),
    0,
  )
  const builder = new Builder({
    ruleOf,
    opset: parsed.opset,
    domains: parsed.domains,
    used: new Set(parsed.used),
    fourBit: parsed.fourBit,
    names,
    batch,
    foldBudget: 2 ** 22 + 8 * weights,
  })
  const missing = (name: string, reason: string): UnsupportedNode => ({
    op: 'Input',
    name,
    domain: '',
    opset: parsed.opset,
    reason,
    fix: 'Export the model with typed tensor inputs of known rank.',
  })
  for (const [name, constant] of parsed.constants) builder.addFileConstant(name, constant)
  const inputs: OnnxValue[] = []
  for (const { name, dtype, typeName, shape } of declared) {
    if (dtype && shape) builder.known.set(name, { dtype, shape })
    else
      builder.unsupported.set(
        name,
        missing(name, dtype ? 'its number of axes is not given' : `its type is ${typeName}`),
      )
    if (dtype && dtype !== typeName) builder.notes.add(`Values of type ${typeName} are ${dtype} here.`)
    inputs.push({ name, dtype: dtype ?? 'float32', shape })
  }
  for (const node of parsed.nodes) builder.addParsed(node)
  return { ...finish(builder, parsed, inputs, names), notes: builder.notes }
}

/** The built graph with a number in the place of a symbol. */
function substituted(built: Built, symbol: string, by: number): Built {
  const put = <T extends OnnxValue>(value: T): T => ({
    ...value,
    shape: value.shape?.map((d: Dim) => substitute(d, symbol, by)),
  })
  return {
    ...built,
    inputs: built.inputs.map(put),
    outputs: built.outputs.map(put),
    values: new Map([...built.values].map(([name, value]) => [name, put(value)])),
  }
}

function graphOf(
  { model, graph, opset, domains, notes, nodes }: Parsed,
  bytes: Uint8Array,
  { notes: more, ...built }: Built,
  ...extra: string[]
): OnnxGraph {
  const foreign = [...domains].filter(([domain]) => domain !== '')
  return {
    ...built,
    name: graph.name ?? '',
    opset: Math.max(normalOpset, opset),
    domains: Object.fromEntries(foreign),
    producer: [model.producerName, model.producerVersion].filter(Boolean).join(' '),
    metadata: Object.fromEntries(model.metadataProps.map((p) => [p.key ?? '', p.value ?? ''])),
    notes: [...notes, ...more, ...extra],
    source: { opset, irVersion: Number(model.irVersion ?? 0), nodes: nodes.length, bytes: bytes.byteLength },
  }
}
