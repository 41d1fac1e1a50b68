import { createNode } from './build.js'
import { checkFunction, checkObject } from './check.js'
import { SnnError } from './error.js'
import { isPrimitive, topological, type Graph } from './graph.js'
import { placeholder } from './ops/leaf.js'
import { concat } from './ops/movement.js'
import type { ScanAttributes } from './primitive.js'
import { formatShape, sameShape, type Shape } from './shape.js'
import type { Tensor } from './tensor.js'
import { inScope, newScope, scopeOf, type Scope } from './trace.js'
import { assignVariable, readVariable } from './variable-values.js'
import { flattenTensors } from './tree.js'
import type { Variable } from './variable.js'

export interface ScanOptions {
  /** Number of steps; needed only when there are no sequences. */
  readonly length?: number
  /** From the last step to the first. */
  readonly reverse?: boolean
  /**
   * Keep the state for the gradient only every so many steps; the gradient runs the steps in between again. The memory
   * for T states becomes that for T / checkpoint + checkpoint, for one more forward pass. Gradients are equal, but for
   * the order in which those of captured tensors are added up. Default: every state is kept.
   */
  readonly checkpoint?: number
}

/**
 * The time loop: [state, y[t]] = step(state, x[t], t) for t = 0 .. T-1.
 *
 * `state` and `xs` are trees of tensors; every leaf of `xs` has the steps as its first axis. Returns the last state and
 * the y of all steps, stacked along a new first axis. Tensors that `step` uses from outside are constants of the loop,
 * and what does not depend on the state, x or t is computed once, before it. Variables assigned in `step` are carried
 * on. A state that only counts (an int32 scalar to which every step adds the same number) is taken from t, so that what
 * it selects depends on no state.
 * `step` is traced, possibly more than once, so it must not have effects of its own.
 */
export function scan<S, X, Y>(
  step: (state: S, x: X, t: Tensor) => readonly [state: S, y: Y],
  state: S,
  xs: X,
  options: ScanOptions = {},
): readonly [state: S, ys: Y] {
  checkFunction('scan', step, 'step')
  checkObject('scan', options)
  const carried = flattenTensors(state)
  const sequences = flattenTensors(xs)
  const length = lengthOf(sequences.leaves, options.length)
  const { checkpoint = length } = options
  if (!Number.isSafeInteger(checkpoint) || checkpoint < 1) {
    throw new SnnError(
      'ARGUMENT',
      `[scan] checkpoint ${checkpoint}, expected a whole number of steps of at least 1. Correct it.`,
      { name: 'checkpoint', value: checkpoint },
    )
  }
  if (checkpoint > 1 && checkpoint < length)
    return scanPieces(step, state, sequences, { length, checkpoint, reverse: options.reverse ?? false })
  const assigned = new Set<Variable>()
  const loop: Loop = { length, reverse: options.reverse ?? false, strides: new Map() }
  for (;;) {
    const traced = traceStep(step, carried, sequences, [...assigned], loop)
    const fresh = [...traced.assigned].filter((variable) => !assigned.has(variable))
    for (const variable of fresh) assigned.add(variable)
    if (fresh.length > 0) continue
    const strides = stridesOf(traced)
    if (strides.size === 0) return finish(traced, loop)
    return finish(traceStep(step, carried, sequences, [...assigned], { ...loop, strides }), { ...loop, strides })
  }
}

interface Loop {
  readonly length: number
  readonly reverse: boolean
  /** States that only count, by index: what each step adds. */
  readonly strides: ReadonlyMap<number, number>
}

/** The states that only count, of a body that carries all states. */
function stridesOf({ body: { parameters, results }, initial }: Traced<unknown, unknown>): ReadonlyMap<number, number> {
  return new Map(
    initial.flatMap(({ dtype, shape }, i): [number, number][] => {
      const { node } = results[i]!
      if (dtype !== 'int32' || shape.length > 0 || !isPrimitive(node, 'add') || node.inputs[0] !== parameters[i])
        return []
      const added = node.inputs[1]!.node
      return isPrimitive(added, 'constant') ? [[i, added.attributes.data[0]!]] : []
    }),
  )
}

/**
 * A loop over pieces of steps, each a loop of its own: the gradient keeps the states between pieces, and those of one
 * piece at a time.
 */
function scanPieces<S, X, Y>(
  step: (state: S, x: X, t: Tensor) => readonly [state: S, y: Y],
  state: S,
  sequences: Flat<X>,
  { length, checkpoint, reverse }: { readonly length: number; readonly checkpoint: number; readonly reverse: boolean },
): readonly [S, Y] {
  const pieces = Math.floor(length / checkpoint)
  const end = pieces * checkpoint
  /** Steps from `from` on in the shape of `lead`; what only repeats goes on repeating. */
  const part = (from: number, to: number, lead: Shape): X =>
    sequences.restore(
      sequences.leaves.map(
        (t) =>
          repeated(t)?.broadcastTo([...lead, ...t.shape.slice(1)]) ??
          t.slice(0, from, to).reshape([...lead, ...t.shape.slice(1)]),
      ),
    ) as X
  const from = (first: Tensor | number) => (before: S, x: X, t: Tensor) => step(before, x, t.add(first))
  const whole = (start: S) =>
    scan(
      (before: S, x: X, piece) => scan(from(piece.mul(checkpoint)), before, x, { length: checkpoint, reverse }),
      start,
      part(0, end, [pieces, checkpoint]),
      { length: pieces, reverse },
    )
  const rest = (start: S) =>
    scan(from(end), start, part(end, length, [length - end]), { length: length - end, reverse })
  const joined = (ys: Y) => mapLeaves(ys, (y) => y.reshape([end, ...y.shape.slice(2)]))
  if (end === length) {
    const [last, ys] = whole(state)
    return [last, joined(ys)]
  }
  const [early, late] = reverse ? [rest, whole] : [whole, rest]
  const [between, first] = early(state)
  const [last, second] = late(between)
  const [head, tail] = reverse ? [joined(second), first] : [joined(first), second]
  const tails = flattenTensors(tail).leaves
  let at = 0
  return [last, mapLeaves(head, (y) => concat([y, tails[at++]!], 0))]
}

function mapLeaves<T>(tree: T, map: (leaf: Tensor) => Tensor): T {
  const { leaves, restore } = flattenTensors(tree)
  return restore(leaves.map(map)) as T
}

type Flat<T> = ReturnType<typeof flattenTensors<T>>

interface Traced<S, Y> {
  readonly assigned: ReadonlySet<Variable>
  readonly variables: readonly Variable[]
  readonly carried: Flat<S>
  readonly y: Flat<Y>
  /** Initial values of the states and of the assigned Variables. */
  readonly initial: readonly Tensor[]
  /** Whole sequences. */
  readonly sequences: readonly Tensor[]
  readonly body: Graph
}

function traceStep<S, X, Y>(
  step: (state: S, x: X, t: Tensor) => readonly [S, Y],
  carried: Flat<S>,
  sequences: Flat<X>,
  variables: readonly Variable[],
  { length, reverse, strides }: Loop,
): Traced<S, Y> {
  const scope = newScope('scan')
  const initial = [...carried.leaves, ...variables.map((variable) => readVariable(variable))]
  return inScope(scope, () => {
    const t = placeholder([], 'int32')
    const passed = reverse ? t.neg().add(length - 1) : t
    const before = initial.map((from, i) =>
      strides.has(i) ? from.add(passed.mul(strides.get(i)!)) : placeholder(from.shape, from.dtype),
    )
    const isCarried = (_: Tensor, i: number): boolean => !strides.has(i)
    const parameters = before.filter(isCarried)
    variables.forEach((variable, i) => scope.values.set(variable, before[carried.leaves.length + i]!))
    // a sequence that only repeats is a constant of the loop
    const slices = sequences.leaves.map((t) => repeated(t) ?? placeholder(t.shape.slice(1), t.dtype))
    const moving = sequences.leaves.map((t, i) => [t, slices[i]!] as const).filter(([t]) => repeated(t) === undefined)
    const [nextState, y] = step(carried.restore(before) as S, sequences.restore(slices) as X, t)
    const next = flattenTensors(nextState)
    checkState(carried, next)
    const flatY = flattenTensors(y)
    const nextVariables = variables.map((variable) => scope.values.get(variable)!)
    // every y, and the carries as they enter each step: unused ones cost nothing
    const results = [...[...next.leaves, ...nextVariables].filter(isCarried), ...flatY.leaves, ...parameters]
    scopeOf(results, 'scan')
    const inside = [...parameters, ...moving.map(([, x]) => x), t]
    return {
      assigned: scope.assigned,
      variables,
      carried,
      y: flatY,
      initial,
      sequences: moving.map(([whole]) => whole),
      body: { parameters: [...inside, ...capture(inside, results, scope)], results },
    }
  })
}

/** What a broadcast along the first axis repeats. */
function repeated(t: Tensor): Tensor | undefined {
  if (!isPrimitive(t.node, 'broadcast')) return undefined
  const source = t.node.inputs[0]!
  const own = source.shape.length === t.shape.length
  if (own && source.shape[0] !== 1) return undefined
  return (own ? source.reshape(source.shape.slice(1)) : source).broadcastTo(t.shape.slice(1))
}

/**
 * The tensors from outside of the loop that its body needs. Whatever does not depend on `inside` was built by the step
 * function but is the same in every step, so it counts as outside; only cheap leaves and broadcasts are redone within.
 */
export function capture(inside: readonly Tensor[], results: readonly Tensor[], scope: Scope): Tensor[] {
  const nodes = topological({ parameters: inside, results })
  const varying = new Set<Tensor>(inside)
  for (const node of nodes)
    if (node.scope === scope || node.inputs.some((t) => varying.has(t))) for (const t of node.outputs) varying.add(t)
  const captured = new Set<Tensor>()
  const seen = new Set<Tensor>()
  const visit = (t: Tensor): void => {
    if (seen.has(t) || inside.includes(t)) return
    seen.add(t)
    if (varying.has(t) || t.node.primitive === 'broadcast') t.node.inputs.forEach(visit)
    else if (t.node.primitive === 'iota' || (t.node.primitive === 'constant' && t.shape.length === 0)) return
    else captured.add(t)
  }
  results.forEach(visit)
  return [...captured]
}

function finish<S, Y>(
  { body, initial, carried, variables, y, sequences }: Traced<S, Y>,
  { length, reverse, strides }: Loop,
): readonly [S, Y] {
  const start = initial.filter((_, i) => !strides.has(i))
  const outputs = createScan(body, [...start, ...sequences], {
    length,
    reverse,
    carries: start.length,
    sequences: sequences.length,
  })
  let at = 0
  const last = initial.map((from, i) => (strides.has(i) ? from.add(strides.get(i)! * length) : outputs[at++]!))
  variables.forEach((variable, i) => assignVariable(variable, last[carried.leaves.length + i]!))
  return [carried.restore(last) as S, y.restore(outputs.slice(start.length)) as Y]
}

type ScanShape = Omit<ScanAttributes, 'body'>

/** A scan node over a body whose parameters after carries, slices and t are the captured tensors themselves. */
export function createScan(body: Graph, inputs: readonly Tensor[], shape: ScanShape): readonly Tensor[] {
  const all = [...inputs, ...body.parameters.slice(shape.carries + shape.sequences + 1)]
  return scanNode(body, all, shape, scopeOf(all, 'scan'))
}

/** The same with all inputs given: carries, sequences, captured. */
export function scanNode(
  body: Graph,
  inputs: readonly Tensor[],
  shape: ScanShape,
  scope: Scope | null,
): readonly Tensor[] {
  const signatures = body.results.map((t, i) => ({
    dtype: t.dtype,
    shape: i < shape.carries ? t.shape : [shape.length, ...t.shape],
  }))
  return createNode('scan', inputs, { ...shape, body }, signatures, scope)
}

function lengthOf(sequences: readonly Tensor[], given: number | undefined): number {
  const lengths = sequences.map((t) => t.shape[0])
  const length = given ?? lengths[0]
  if (length === undefined || !Number.isSafeInteger(length) || length < 1 || lengths.some((n) => n !== length)) {
    throw new SnnError(
      'SHAPE',
      `[scan] sequences of shapes ${sequences.map((t) => formatShape(t.shape)).join(', ') || 'none'} with length ${given ?? 'not given'}, expected one common first axis of at least 1 step. Give { length } when there are no sequences.`,
      { shapes: sequences.map((t) => t.shape) },
    )
  }
  return length
}

function checkState(before: Flat<unknown>, after: Flat<unknown>): void {
  const same =
    before.leaves.length === after.leaves.length &&
    before.leaves.every((t, i) => sameShape(t.shape, after.leaves[i]!.shape) && t.dtype === after.leaves[i]!.dtype)
  if (same) return
  const describe = (flat: Flat<unknown>): string =>
    flat.leaves.map((t) => `${t.dtype}${formatShape(t.shape)}`).join(', ') || 'nothing'
  throw new SnnError(
    'SHAPE',
    `[scan] the step returned state ${describe(after)}, expected ${describe(before)}, like the initial state. Broadcast or cast the initial state.`,
    { shapes: [...before.leaves, ...after.leaves].map((t) => t.shape) },
  )
}
