import { sizeOf, type Tensor } from '@snn/tensor'
import { isPrimitive, topological, type Node } from '@snn/tensor/backend'
import { orUndefined } from './fuse.js'
import { KernelBuilder, Unfusable, type Binding, type Fused, type PhaseBuilder } from './kernel-builder.js'
import { sumMapping, type Mapping } from './mapping.js'
import type { FusedPlanes } from './planes.js'
import { isScalar, kindOf } from './scalar.js'
import { smallestCut } from './smallest-cut.js'

export interface ScanFusionOptions {
  /** Which outputs of the scan are wanted. Default: all. */
  readonly isWanted?: (output: Tensor) => boolean
  /** What is given outside of the scan: it is not looked behind. */
  readonly isBound?: (tensor: Tensor) => boolean
  /** Poolings of outputs of the scan that are made in the same pass; such an output need not be wanted itself. */
  readonly pools?: readonly FusedPlanes[]
}

/**
 * A scan whose body is elementwise, as one kernel: all steps of an element can run one after the other, with the
 * carried state at hand. A scan that reads the carries which an earlier such scan in the other direction stacked, as
 * the gradient of that scan does, runs that scan again instead, and keeps of it the fewest values from which it can be
 * computed. undefined when no kernel can compute the scan.
 */
export function fuseScan(
  node: Node<'scan'>,
  { isWanted = () => true, isBound = () => false, pools = [] }: ScanFusionOptions = {},
): Fused | undefined {
  return orUndefined(() => {
    const size = elementsOf(node)
    const builder = new KernelBuilder(size, isBound)
    const replay = replayed(node)
    const start = builder.phase('once', new Map(), () => false)
    const stacked = replay ? addReplay(builder, start, replay, node, size) : new Map<Tensor, Binding>()
    addScan(builder, start, node, stacked, size, { isWanted, pools })
    return builder.finish(node.attributes.length)
  })
}

interface Part {
  readonly parameter: Tensor
  /** What is bound to it outside. */
  readonly input: Tensor
}

/** The inputs of a scan beside the parameters of its body. */
function scanParts({ attributes: { body, carries, sequences }, inputs }: Node<'scan'>): {
  readonly carries: readonly Part[]
  readonly sequences: readonly Part[]
  readonly t: Tensor
  readonly captured: readonly Part[]
} {
  const parts = (from: number, to: number, shift: number): Part[] =>
    body.parameters.slice(from + shift, to + shift).map((parameter, i) => ({ parameter, input: inputs[from + i]! }))
  const first = carries + sequences
  return {
    carries: parts(0, carries, 0),
    sequences: parts(carries, first, 0),
    t: body.parameters[first]!,
    captured: parts(first, inputs.length, 1),
  }
}

/** Elements of one step. */
function elementsOf(node: Node<'scan'>): number {
  return Math.max(
    ...[...node.attributes.body.results, ...scanParts(node).sequences.map(({ parameter }) => parameter)].map(
      ({ shape }) => sizeOf(shape),
    ),
  )
}

interface Replay {
  readonly scan: Node<'scan'>
  /** Parameter of the later scan -> carry of the earlier one, as it entered the same step. */
  readonly carryOf: ReadonlyMap<Tensor, number>
}

/**
 * The scan in the other direction whose stacked carries this one reads, if there is one that a kernel can compute
 * again.
 */
function replayed(node: Node<'scan'>): Replay | undefined {
  const carryOf = new Map<Tensor, number>()
  let scan: Node<'scan'> | undefined
  for (const { parameter, input } of scanParts(node).sequences) {
    const earlier = input.node
    if (!isPrimitive(earlier, 'scan') || (scan && scan !== earlier)) continue
    const { body, carries, length, reverse } = earlier.attributes
    const carry = body.parameters.slice(0, carries).indexOf(body.results[earlier.outputs.indexOf(input)]!)
    if (
      carry < 0 ||
      earlier.outputs.indexOf(input) < carries ||
      length !== node.attributes.length ||
      reverse === node.attributes.reverse
    )
      continue
    scan = earlier
    carryOf.set(parameter, carry)
  }
  return scan && isPointwise(scan) ? { scan, carryOf } : undefined
}

/** Whether the body of a scan is elementwise, so that its blocks are independent. */
function isPointwise(node: Node<'scan'>): boolean {
  return (
    orUndefined(() => {
      const size = elementsOf(node)
      const builder = new KernelBuilder(size, () => false)
      addScan(
        builder,
        builder.phase('once', new Map(), () => false),
        node,
        new Map(),
        size,
        { isWanted: () => true, pools: [] },
      )
      return true
    }) ?? false
  )
}

/** Everything that the body's results need is computed inside; constants are leaves. */
const inBody = (node: Node): boolean => node.primitive !== 'constant'

/** How the elements of a state or a result go with those of the kernel. */
function wholeOrScalar(tensor: Tensor, size: number): Mapping {
  const own = sizeOf(tensor.shape)
  if (own === size) return 'full'
  if (own !== 1) throw new Unfusable()
  return 'scalar'
}

function bindInputs(node: Node<'scan'>, bindings: Map<Tensor, Binding>): void {
  const { sequences, t, captured } = scanParts(node)
  for (const { parameter, input } of sequences)
    if (!bindings.has(parameter)) bindings.set(parameter, { outside: input, isMoving: true })
  for (const { parameter, input } of captured) bindings.set(parameter, { outside: input })
  bindings.set(t, 'step')
}

/** A slot for a carry, filled with its initial value before the steps. */
function carrySlot(builder: KernelBuilder, start: PhaseBuilder, { parameter, input }: Part, size: number): number {
  const kind = kindOf(parameter)
  if (kind === undefined) throw new Unfusable()
  const slot = builder.slot(kind)
  start.keep(slot, start.load(input, wholeOrScalar(parameter, size), false))
  return slot
}

/**
 * Runs the earlier scan again, keeping of each step what `node` needs of it: the fewest values that its body computes
 * from the carries as they enter the step and from what is given outside.
 */
function addReplay(
  builder: KernelBuilder,
  start: PhaseBuilder,
  { scan, carryOf }: Replay,
  node: Node<'scan'>,
  size: number,
): Map<Tensor, Binding> {
  const { body, reverse } = scan.attributes
  const { carries } = scanParts(scan)
  const bindings = new Map<Tensor, Binding>()
  const slots = carries.map((carry) => carrySlot(builder, start, carry, size))
  carries.forEach(({ parameter }, c) => bindings.set(parameter, { slot: slots[c]! }))
  for (const [parameter, c] of carryOf) bindings.set(parameter, { slot: slots[c]! })
  bindInputs(scan, bindings)
  bindInputs(node, bindings)
  const phase = builder.phase(reverse ? 'descending' : 'ascending', bindings, inBody)
  const stacked = new Map<Tensor, Binding>()
  for (const tensor of neededOfReplay(node, size)) {
    // what is given outside is read once more
    if (bindings.has(tensor) && !carryOf.has(tensor)) continue
    const value = phase.value(tensor)
    const slot = builder.slot(kindOf(tensor)!, true)
    phase.keep(slot, value)
    stacked.set(tensor, { slot })
  }
  const next = carries.map(({ parameter }, c) => phase.value(body.results[c]!, wholeOrScalar(parameter, size)))
  next.forEach((value, c) => phase.keep(slots[c]!, value))
  return stacked
}

/**
 * The fewest values of a scan's body, computed without its carries, from which and from the carries the rest is
 * computed.
 */
function neededOfReplay(node: Node<'scan'>, size: number): readonly Tensor[] {
  const { body } = node.attributes
  const { carries, sequences } = scanParts(node)
  const sources = sequences.map(({ parameter }) => parameter)
  const isEarly = new Set(sources)
  const isLate = new Set(carries.map(({ parameter }) => parameter))
  const next = new Map<Tensor, Tensor[]>()
  const sinks = new Set<Tensor>()
  for (const inner of topological(body)) {
    const [output] = inner.outputs as readonly [Tensor]
    const early = inner.inputs.filter((input) => isEarly.has(input))
    const dependsOnCarries = inner.inputs.some((input) => isLate.has(input))
    if (early.length === 0 && !dependsOnCarries) continue
    const isWhole = sizeOf(output.shape) === size && (isScalar(inner) || isPrimitive(inner, 'reshape'))
    if (isWhole && !dependsOnCarries) {
      isEarly.add(output)
      for (const input of early) next.set(input, [...(next.get(input) ?? []), output])
    } else {
      for (const each of inner.outputs) isLate.add(each)
      for (const input of early) sinks.add(input)
    }
  }
  for (const result of body.results) if (isEarly.has(result)) sinks.add(result)
  return smallestCut(sources, next, sinks)
}

function addScan(
  builder: KernelBuilder,
  start: PhaseBuilder,
  node: Node<'scan'>,
  stacked: ReadonlyMap<Tensor, Binding>,
  size: number,
  { isWanted, pools }: Required<Pick<ScanFusionOptions, 'isWanted' | 'pools'>>,
): void {
  const { body, reverse, carries: carryCount } = node.attributes
  const { carries } = scanParts(node)
  const bindings = new Map<Tensor, Binding>(stacked)
  // a carry that only adds up sums needs no slot
  const sums = carries.map((carry, c) =>
    sizeOf(carry.parameter.shape) === size ? undefined : sumTerms(body.results[c]!, carry, size),
  )
  const slots = carries.map((carry, c) => (sums[c] ? undefined : carrySlot(builder, start, carry, size)))
  carries.forEach(({ parameter }, c) => slots[c] !== undefined && bindings.set(parameter, { slot: slots[c] }))
  bindInputs(node, bindings)

  const phase = builder.phase(reverse ? 'descending' : 'ascending', bindings, inBody)
  body.results.slice(carryCount).forEach((result, i) => {
    const output = node.outputs[carryCount + i]!
    const pooled = pools.filter(({ inputs }) => sourceOf(inputs[0]!) === output)
    if (!isWanted(output) && pooled.length === 0) return
    const mapping = wholeOrScalar(result, size)
    const value = phase.value(result, mapping)
    if (isWanted(output)) phase.store(output, mapping, value, 'output', true)
    if (pooled.length === 0) return
    if (mapping !== 'full' || kindOf(result) !== 'float32') throw new Unfusable()
    // what is carried on lies in its slot already
    const carried = carries.findIndex((_, c) => slots[c] !== undefined && body.results[c] === result)
    const slot = slots[carried] ?? builder.slot('float32')
    if (carried < 0) phase.keep(slot, value)
    for (const pool of pooled) phase.pool(slot, pool)
  })
  sums.forEach((terms, c) => {
    if (terms && isWanted(node.outputs[c]!))
      phase.store(
        node.outputs[c]!,
        terms.mapping,
        terms.of.map((term) => phase.value(term)).reduce((x, y) => phase.add(x, y)),
        'sum',
        false,
      )
  })
  const next = carries.map(({ parameter }, c) =>
    slots[c] === undefined ? 0 : phase.value(body.results[c]!, wholeOrScalar(parameter, size)),
  )
  next.forEach((value, c) => slots[c] !== undefined && phase.keep(slots[c], value))

  const end = builder.phase('once', new Map(), () => false)
  carries.forEach(({ parameter }, c) => {
    if (slots[c] !== undefined && isWanted(node.outputs[c]!))
      end.store(node.outputs[c]!, wholeOrScalar(parameter, size), end.scratch(slots[c]), 'output', false)
  })
}

interface SumTerms {
  readonly of: readonly Tensor[]
  readonly mapping: Mapping
}

/** The next value of a carry as itself plus sums of elementwise values, when it begins with zero. */
function sumTerms(next: Tensor, { parameter, input }: Part, size: number): SumTerms | undefined {
  const terms: Node<'reduceSum'>[] = []
  let own = 0
  const visit = (tensor: Tensor): boolean => {
    if (tensor === parameter) return ++own === 1
    const { node } = tensor
    if (isPrimitive(node, 'reshape')) return visit(node.inputs[0]!)
    if (isPrimitive(node, 'add')) return node.inputs.every(visit)
    if (!isPrimitive(node, 'reduceSum')) return false
    terms.push(node)
    return true
  }
  if (!visit(next) || own !== 1 || terms.length === 0 || !isZero(input)) return undefined
  const [mapping, ...others] = terms.map(sumMapping)
  if (
    mapping === undefined ||
    mapping === 'full' ||
    others.some((other) => JSON.stringify(other) !== JSON.stringify(mapping))
  )
    return undefined
  if (terms.some(({ inputs }) => sizeOf(inputs[0]!.shape) !== size || kindOf(inputs[0]!) !== 'float32'))
    return undefined
  return { of: terms.map(({ inputs }) => inputs[0]!), mapping }
}

/** What a tensor is a reshape of. */
function sourceOf(tensor: Tensor): Tensor {
  return isPrimitive(tensor.node, 'reshape') ? sourceOf(tensor.node.inputs[0]!) : tensor
}

function isZero(tensor: Tensor): boolean {
  const { node } = tensor
  if (isPrimitive(node, 'broadcast') || isPrimitive(node, 'reshape')) return isZero(node.inputs[0]!)
  return isPrimitive(node, 'constant') && node.attributes.data.every((x) => x === 0)
}
