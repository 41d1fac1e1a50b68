import type { ConvConfig } from '@snn/nn'
import { draftsOf, isDraft, type LayerDraft, type Source } from './draft.js'

/** What a rewrite may ask. */
interface Uses {
  /** Whether nothing else reads this value. */
  single(source: Source): boolean
}

/** A draft whose inputs are simplified already -> something that computes the same, or undefined. */
type Rewrite = (draft: LayerDraft, uses: Uses) => Source | undefined

/**
 * The same network with fewer layers: what only moves values about is joined, biases and borders go into the weights'
 * layer.
 */
export function simplify(output: Source): Source {
  const drafts = draftsOf(output)
  const counts = new Map<Source, number>([[output, 1]])
  for (const { inputs } of drafts) for (const input of inputs) counts.set(input, (counts.get(input) ?? 0) + 1)
  const done = new Map<Source, Source>()
  const uses: Uses = { single: (source) => (counts.get(source) ?? 1) <= 1 }
  for (const draft of drafts) {
    let result: Source = { ...draft, inputs: draft.inputs.map((input) => done.get(input) ?? input) }
    for (let next: Source | undefined = result; next;) {
      result = next
      next = isDraft(result) ? rewritten(result, uses) : undefined
    }
    done.set(draft, result)
    counts.set(result, (counts.get(result) ?? 0) + (counts.get(draft) ?? 0))
  }
  return done.get(output) ?? output
}

function rewritten(draft: LayerDraft, uses: Uses): Source | undefined {
  for (const rewrite of rewrites) {
    const result = rewrite(draft, uses)
    if (result) return result
  }
  return undefined
}

const same = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((n, i) => n === b[i])

function inputOf(draft: LayerDraft, ...kinds: string[]): LayerDraft | undefined {
  const [input] = draft.inputs
  return input && isDraft(input) && kinds.includes(input.kind) ? input : undefined
}

/** A reshape of a reshape, and one back to what it was. */
const joinReshapes: Rewrite = (draft) => {
  if (draft.kind !== 'reshape' && draft.kind !== 'flatten') return undefined
  const before = inputOf(draft, 'reshape', 'flatten')
  if (before && same(before.inputs[0] && isDraft(before.inputs[0]) ? before.inputs[0].shape : [], draft.shape))
    return before.inputs[0]
  return before && { ...draft, inputs: before.inputs }
}

const joinTransposes: Rewrite = (draft) => {
  const before = draft.kind === 'transpose' ? inputOf(draft, 'transpose') : undefined
  if (!before) return undefined
  const inner = before.config['permutation'] as readonly number[]
  const permutation = (draft.config['permutation'] as readonly number[]).map((axis) => inner[axis]!)
  return permutation.every((axis, i) => axis === i)
    ? before.inputs[0]
    : { ...draft, config: { permutation }, inputs: before.inputs }
}

/**
 * The convolution or matrix product before a constant that has one number for each of its channels, and these numbers.
 */
function perChannel(
  draft: LayerDraft,
  uses: Uses,
): { readonly before: LayerDraft; readonly numbers: Float32Array } | undefined {
  const operand = draft.arrays['operand']
  const before = draft.kind === 'constant' ? inputOf(draft, 'conv', 'linear') : undefined
  if (!operand || !before || !uses.single(before) || !same(before.shape, draft.shape)) return undefined
  const axis = before.kind === 'conv' ? 0 : before.shape.length - 1
  const at = operand.shape.length - (before.shape.length - axis)
  const channels = before.shape[axis]!
  if (operand.data.length !== 1 && (operand.shape[at] !== channels || operand.data.length !== channels))
    return undefined
  return {
    before,
    numbers: Float32Array.from({ length: channels }, (_, i) => operand.data[operand.data.length === 1 ? 0 : i]!),
  }
}

/** A constant added to the result of a convolution or matrix product, one number a channel, is its bias. */
const absorbBias: Rewrite = (draft, uses) => {
  if (draft.config['function'] !== 'add' && !(draft.config['function'] === 'sub' && !draft.config['swap']))
    return undefined
  const found = perChannel(draft, uses)
  if (!found || found.before.arrays['bias']) return undefined
  const { before, numbers } = found
  const data = draft.config['function'] === 'sub' ? numbers.map((number) => -number) : numbers
  return { ...before, arrays: { ...before.arrays, bias: { data, shape: [data.length] } } }
}

/** A factor for each channel of a convolution or matrix product is that of its weights. */
const absorbScale: Rewrite = (draft, uses) => {
  const found = draft.config['function'] === 'mul' ? perChannel(draft, uses) : undefined
  if (!found) return undefined
  const { before, numbers } = found
  const { weight, bias } = before.arrays
  const inner = weight!.data.length / numbers.length
  const scaled = Float32Array.from(weight!.data, (value, i) => value * numbers[Math.floor(i / inner)]!)
  return {
    ...before,
    arrays: {
      weight: { data: scaled, shape: weight!.shape },
      ...(bias && {
        bias: { data: Float32Array.from(bias.data, (value, i) => value * numbers[i]!), shape: bias.shape },
      }),
    },
  }
}

/** A border of zeros before a convolution, or before an average without padding, is its padding. */
const absorbPad: Rewrite = (draft) => {
  const before = draft.kind === 'conv' || draft.kind === 'averagePool' ? inputOf(draft, 'pad') : undefined
  if (!before || before.config['value'] !== 0) return undefined
  const [channels, ...border] = before.config['padding'] as ConvConfig['padding']
  const own = (draft.config as unknown as ConvConfig).padding
  if (channels!.some((n) => n !== 0) || (draft.kind === 'averagePool' && own.flat().some((n) => n !== 0)))
    return undefined
  const padding = own.map(([low, high], i) => [low + border[i]![0], high + border[i]![1]] as const)
  return {
    ...draft,
    config: { ...draft.config, padding, ...(draft.kind === 'averagePool' && { countIncludePad: true }) },
    inputs: before.inputs,
  }
}

/** Batch normalisation over [C, 1] of what has shape [C]: the reshape goes behind, where another takes it back. */
const batchNormFirst: Rewrite = (draft) => {
  const before = draft.kind === 'batchNorm' ? inputOf(draft, 'reshape') : undefined
  const source = before?.inputs[0]
  if (!before || !source || !isDraft(source) || source.shape[0] !== draft.shape[0]) return undefined
  return { ...before, inputs: [{ ...draft, inputs: [source], shape: source.shape }] }
}

/** min(max(x, 0), 6) of two layers is one. */
const joinClips: Rewrite = (draft, uses) => {
  const before = draft.kind === 'clip' ? inputOf(draft, 'relu', 'clip') : undefined
  if (!before || !uses.single(before)) return undefined
  const bounds = ({ kind, config }: LayerDraft): { low: number; high: number } =>
    kind === 'relu'
      ? { low: 0, high: Infinity }
      : { low: (config['low'] as number | null) ?? -Infinity, high: (config['high'] as number | null) ?? Infinity }
  const [a, b] = [bounds(before), bounds(draft)]
  const low = Math.min(Math.max(a.low, b.low), b.high)
  const high = Math.max(Math.min(a.high, b.high), low)
  return {
    ...draft,
    prefix: low === 0 ? 'relu' : 'clip',
    config: { low: low === -Infinity ? null : low, high: high === Infinity ? null : high },
    inputs: before.inputs,
  }
}

const rewrites: readonly Rewrite[] = [
  joinReshapes,
  joinTransposes,
  absorbBias,
  absorbScale,
  absorbPad,
  batchNormFirst,
  joinClips,
]
