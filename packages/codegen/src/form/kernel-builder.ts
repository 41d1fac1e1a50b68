import type { Tensor } from '@snn/tensor'
import { isPrimitive, type Node } from '@snn/tensor/backend'
import {
  pruned,
  rowsOf,
  type Kernel,
  type Operand,
  type Phase,
  type Pool,
  type Slot,
  type Space,
  type Store,
} from './kernel.js'
import { lookThrough, mappingOf, type Mapped, type Mapping } from './mapping.js'
import type { FusedPlanes } from './planes.js'
import { isScalar, kindOf, type Access, type Kind, type ScalarPrimitive, type ScalarValue } from './scalar.js'

/**
 * Thrown while a kernel is built from operations that no kernel can compute; whoever asked for the kernel does without.
 */
export class Unfusable extends Error {}

/** A kernel with the tensors that its operands are. */
export interface Fused {
  readonly kernel: Kernel
  /** For each operand of the kernel. */
  readonly tensors: readonly Tensor[]
  readonly space: Space
  /** Number of steps of the phases that do not run once. */
  readonly length: number
  /** Elements of a plane that is pooled: they are computed together. 1 where nothing is pooled. */
  readonly plane: number
}

/** What a tensor stands for inside of a phase. */
export type Binding =
  | { readonly slot: number }
  /** A tensor outside; a moving one has a value for each step along its first axis. */
  | { readonly outside: Tensor; readonly isMoving?: boolean }
  /** The index of the step. */
  | 'step'

/** Collects operands, slots and phases of one kernel over `size` elements. */
export class KernelBuilder {
  readonly operands: Operand[] = []
  readonly tensors: Tensor[] = []
  readonly slots: Slot[] = []
  readonly #phases: PhaseBuilder[] = []
  readonly #size: number
  readonly isBound: (tensor: Tensor) => boolean
  #space: Space | undefined

  /** `isBound`: what is not looked behind outside of the kernel. */
  constructor(size: number, isBound: (tensor: Tensor) => boolean) {
    this.#size = size
    this.isBound = isBound
  }

  slot(kind: Kind, isStacked = false): number {
    return this.slots.push({ kind, isStacked }) - 1
  }

  /** The number of the operand that is `tensor`. */
  operand(tensor: Tensor, mapping: Mapping, role: Operand['role'], isMoving: boolean): number {
    const kind = kindOf(tensor)
    if (kind === undefined) throw new Unfusable()
    const access = this.#access(mapping)
    const found = this.tensors.findIndex(
      (other, i) =>
        other === tensor &&
        this.operands[i]!.access === access &&
        this.operands[i]!.role === role &&
        this.operands[i]!.isMoving === isMoving,
    )
    if (found >= 0) return found
    this.tensors.push(tensor)
    return this.operands.push({ kind, access, isMoving, role }) - 1
  }

  /** The operand for a tensor from outside: looks through its broadcasts, those along the steps too. */
  input(
    tensor: Tensor,
    mapping: Mapping,
    isMoving: boolean,
  ): { readonly operand: number } | { readonly number: number } {
    const repeated = isMoving
      ? repeatedOverSteps(tensor, mapping, this.isBound)
      : lookThrough(tensor, mapping, this.isBound)
    if (!repeated) {
      const within = isMoving ? repeatedWithinSteps(tensor, mapping, this.isBound) : undefined
      return { operand: this.operand(within?.source ?? tensor, within?.mapping ?? mapping, 'input', true) }
    }
    const { source, mapping: within } = repeated
    const literal = this.isBound(source) ? undefined : literalOf(source)
    return literal !== undefined ? { number: literal } : { operand: this.operand(source, within, 'input', false) }
  }

  #access(mapping: Mapping): Access {
    if (typeof mapping === 'string') return mapping
    const space = (this.#space ??= mapping)
    if (space.outer !== mapping.outer || space.count !== mapping.count || space.inner !== mapping.inner)
      throw new Unfusable()
    return space.inner === 1 ? 'last' : 'channel'
  }

  /** The next phase, in order. */
  phase(
    steps: Phase['steps'],
    bindings: ReadonlyMap<Tensor, Binding>,
    isInside: (node: Node) => boolean,
  ): PhaseBuilder {
    const phase = new PhaseBuilder(this, steps, bindings, isInside)
    this.#phases.push(phase)
    return phase
  }

  finish(length: number): Fused {
    const { operands, slots, tensors } = this
    const phases = this.#phases.map((phase) => phase.finish()).filter(({ stores }) => stores.length > 0)
    const space = this.#space ?? { outer: 1, count: 1, inner: this.#size }
    const [plane = 1, ...others] = new Set(
      phases.flatMap(({ pools }) => pools.map(({ kernel }) => kernel.plane[0] * kernel.plane[1])),
    )
    if (others.length > 0 || rowsOf(space).length % plane !== 0) throw new Unfusable()
    return { kernel: { operands, slots, phases }, tensors, space, length, plane }
  }
}

/** One phase: values are numbered as they are needed. */
export class PhaseBuilder {
  readonly #values: ScalarValue[] = []
  readonly #stores: Store[] = []
  readonly #pools: Pool[] = []
  readonly #numbers = new Map<string, number>()
  readonly #made = new Map<Tensor, Map<string, number>>()

  constructor(
    readonly kernel: KernelBuilder,
    readonly steps: Phase['steps'],
    readonly bindings: ReadonlyMap<Tensor, Binding>,
    readonly isInside: (node: Node) => boolean,
  ) {}

  /** Number of the value that `tensor` has for an element of the kernel. */
  value(tensor: Tensor, mapping: Mapping = 'full'): number {
    const { source, mapping: within } = lookThrough(
      tensor,
      mapping,
      (t) => this.bindings.has(t) || this.kernel.isBound(t),
    )
    const key = typeof within === 'string' ? within : `${within.outer},${within.count},${within.inner}`
    const made = this.#made.get(source) ?? new Map<string, number>()
    this.#made.set(source, made)
    const known = made.get(key)
    if (known !== undefined) return known
    const number = this.#make(source, within)
    made.set(key, number)
    return number
  }

  #make(source: Tensor, mapping: Mapping): number {
    const { node } = source
    const kind = kindOf(source)
    if (kind === undefined) throw new Unfusable()
    const binding = this.bindings.get(source)
    if (binding === 'step') return this.#push({ operation: 'step', kind: 'int32' })
    if (binding && 'slot' in binding) return this.scratch(binding.slot)
    if (binding) return this.load(binding.outside, mapping, binding.isMoving ?? false)
    const literal = this.kernel.isBound(source) ? undefined : literalOf(source)
    if (literal !== undefined) return this.#push({ operation: 'number', kind, number: literal })
    if (this.kernel.isBound(source) || !this.isInside(node)) return this.load(source, mapping, false)
    if (!isScalar(node)) throw new Unfusable()
    const operands = node.inputs.map((input) => this.value(input, mapping))
    if (node.primitive === 'cast' && node.inputs[0]!.dtype === source.dtype) return operands[0]!
    return this.#simplified(node.primitive, operands, kind) ?? this.#push({ operation: node.primitive, kind, operands })
  }

  /**
   * The same bits with fewer operations: a product with 1, and signs in sums and in products with a number, as
   * gradients leave them.
   */
  #simplified(operation: ScalarPrimitive, [x, y]: readonly number[], kind: Kind): number | undefined {
    if (kind !== 'float32' || x === undefined || y === undefined) return undefined
    const push = (operation: ScalarPrimitive, ...operands: readonly number[]): number =>
      this.#push({ operation, kind, operands })
    const [negatedX, negatedY] = [this.#negated(x), this.#negated(y)]
    if (operation === 'add')
      return negatedY !== undefined
        ? push('sub', x, negatedY)
        : negatedX !== undefined
          ? push('sub', y, negatedX)
          : undefined
    if (operation === 'sub')
      return negatedY === undefined
        ? undefined
        : (this.#simplified('add', [x, negatedY], kind) ?? push('add', x, negatedY))
    if (operation !== 'mul') return undefined
    const [number, other, negated] =
      this.#numberOf(y) !== undefined ? [this.#numberOf(y)!, x, negatedX] : [this.#numberOf(x), y, negatedY]
    if (number === 1) return other
    return number === undefined || negated === undefined
      ? undefined
      : push('mul', negated, this.#push({ operation: 'number', kind, number: -number }))
  }

  #negated(index: number): number | undefined {
    const value = this.#values[index]!
    return value.operation === 'neg' ? value.operands[0] : undefined
  }

  #numberOf(index: number): number | undefined {
    const value = this.#values[index]!
    return value.operation === 'number' ? value.number : undefined
  }

  load(tensor: Tensor, mapping: Mapping, isMoving: boolean): number {
    const input = this.kernel.input(tensor, mapping, isMoving)
    const kind = kindOf(tensor)!
    return this.#push(
      'number' in input
        ? { operation: 'number', kind, number: input.number }
        : { operation: 'load', kind, operand: input.operand },
    )
  }

  scratch(slot: number): number {
    return this.#push({ operation: 'scratch', kind: this.kernel.slots[slot]!.kind, slot })
  }

  add(x: number, y: number): number {
    return this.#push({ operation: 'add', kind: 'float32', operands: [x, y] })
  }

  #push(value: ScalarValue): number {
    const key = textOf(value)
    const known = this.#numbers.get(key)
    if (known !== undefined) return known
    const at = this.#values.push(value) - 1
    this.#numbers.set(key, at)
    return at
  }

  store(tensor: Tensor, mapping: Mapping, value: number, role: 'output' | 'sum', isMoving: boolean): void {
    this.#stores.push({ to: { operand: this.kernel.operand(tensor, mapping, role, isMoving) }, value })
  }

  keep(slot: number, value: number): void {
    this.#stores.push({ to: { slot }, value })
  }

  /** Pools what the slot holds in each step. */
  pool(slot: number, { kernel, output }: FusedPlanes): void {
    this.#pools.push({ slot, operand: this.kernel.operand(output, 'full', 'output', true), kernel })
  }

  /** The phase, without values that nothing needs. */
  finish(): Phase {
    return { steps: this.steps, ...pruned(this.#values, this.#stores), pools: this.#pools }
  }
}

/**
 * What a moving tensor repeats along the steps, and how that goes with a kernel; undefined when it has a value for each
 * step.
 */
function repeatedOverSteps(tensor: Tensor, mapping: Mapping, isBound: (tensor: Tensor) => boolean): Mapped | undefined {
  const { node } = tensor
  if (isBound(tensor) || !isPrimitive(node, 'broadcast') || mapping !== 'full') return undefined
  const source = node.inputs[0]!
  const hasSteps = source.shape.length === tensor.shape.length
  if (hasSteps && source.shape[0] !== 1) return undefined
  const within = mappingOf(hasSteps ? source.shape.slice(1) : source.shape, tensor.shape.slice(1))
  return within && lookThrough(source, within, isBound)
}

/** What each step of a moving tensor repeats, and how that goes with a kernel; undefined when nothing is repeated. */
function repeatedWithinSteps(
  tensor: Tensor,
  mapping: Mapping,
  isBound: (tensor: Tensor) => boolean,
): Mapped | undefined {
  const { node } = tensor
  if (isBound(tensor) || !isPrimitive(node, 'broadcast') || mapping !== 'full') return undefined
  const source = node.inputs[0]!
  if (source.shape.length !== tensor.shape.length || source.shape[0] !== tensor.shape[0]) return undefined
  const within = mappingOf(source.shape.slice(1), tensor.shape.slice(1))
  return within && { source, mapping: within }
}

/** The same text for equal values, and for no others. */
function textOf(value: ScalarValue): string {
  const { operation, kind } = value
  switch (operation) {
    case 'load':
      return `load ${kind} ${value.operand}`
    case 'scratch':
      return `scratch ${kind} ${value.slot}`
    case 'number':
      return `number ${kind} ${Object.is(value.number, -0) ? '-0' : value.number}`
    case 'step':
      return operation
    default:
      return `${operation} ${kind} ${value.operands.join()}`
  }
}

function literalOf({ node }: Tensor): number | undefined {
  return isPrimitive(node, 'constant') && node.attributes.data.length === 1 ? node.attributes.data[0] : undefined
}
