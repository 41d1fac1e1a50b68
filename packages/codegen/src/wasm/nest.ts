import { sizeOf } from '@snn/tensor'
import { bytesPerElement } from '@snn/tensor/backend'
import type { Affine, Loops, NestKernel, NestStore, NestValue } from '../form/nest.js'
import type { Kind } from '../form/scalar.js'
import { isFilledFirst, nestOrder, type NestOrder } from '../layout/nest-order.js'
import { argument } from './argument.js'
import { count } from './flow.js'
import {
  i32,
  set,
  variable,
  when,
  words,
  type Instruction,
  type Value,
  type Variable,
  type WasmFunction,
  type Word,
} from './instruction.js'
import { load, loadStrided, store } from './memory.js'
import { numberOf, operationOn } from './operation.js'
import { args, first, last, runFunction } from './run-function.js'
import { i32x4, i64x2, shuffleWords, storeLane, storeVector, v128, zeros, type Vec } from './vector.js'
import { add, divSigned, fill, lowBits, lt, mul, widen } from './word.js'

/**
 * The axes of a bound are written out, all but the longest, where they are no more than so many elements, as those of a
 * window are.
 */
const mostUnrolled = 64

/**
 * `run(args, first, last, thread)` computes the parts of the output from `first` to before `last`; `args` points to the
 * addresses of the inputs and of the output. Up to 16 bytes behind an input may be read.
 */
export function nestFunction(kernel: NestKernel): WasmFunction {
  const { inputs, output, loops } = kernel
  const { n } = words('n')
  const bases = [...inputs, output.kind].map((_, i) => variable('word', `a${i}`))
  const part = add(bases.at(-1)!, mul(n, output.size * bytesPerElement(output.kind)))
  const filled = isFilledFirst(kernel) ? fillWith(output.kind, output.fill!, part, output.size) : []
  const body = [...filled, ...loops.flatMap((each, i) => new LoopsPrinter(kernel, each, bases, `${i}`).print(n))]
  return runFunction([...bases.map((base, i) => set(base, argument(args, i))), ...count(n, first, last, body)])
}

/** Filling costs a call, so few are stored. */
function fillWith(kind: Kind, number: number, to: Word, elements: number): Instruction[] {
  const size = bytesPerElement(kind)
  if (Object.is(number, 0) && size * elements > 256) return [fill(to, 0, size * elements)]
  if (Object.is(number, 0) && size === 4) {
    const fours = elements >> 2
    return [
      ...Array.from({ length: fours }, (_, i) => storeVector(to, zeros, 16 * i)),
      ...Array.from({ length: elements % 4 }, (_, i) => storeLane(0, to, zeros, 16 * fours + 4 * i)),
    ]
  }
  const at = variable('word', 'filled')
  return count(at, 0, elements, [store(kind, 1, add(to, mul(at, size)), numberOf(number, kind))])
}

/** A whole number that is known up to some axis: what varies so far, and what does not. */
interface Partial {
  readonly moving: Value<'word'> | undefined
  readonly constant: number
}

/** Where the printer is: an address for each access, of values and then of stores, and where each bound is. */
interface Place {
  readonly accesses: readonly Partial[]
  readonly indices: readonly Partial[]
  readonly bounds: readonly Partial[]
}

class LoopsPrinter {
  readonly #kinds: readonly Kind[]
  readonly #unrolled: ReadonlySet<number>
  readonly #variables: readonly Variable<'v128'>[]
  readonly #order: NestOrder

  constructor(
    readonly kernel: NestKernel,
    readonly loops: Loops,
    readonly bases: readonly Variable<'word'>[],
    readonly name: string,
  ) {
    const { extents, bounds, values } = loops
    this.#kinds = [...kernel.inputs, kernel.output.kind]
    this.#order = nestOrder(kernel, loops)
    const window = new Set(
      bounds.flatMap(({ strides }) => {
        const axes = [...extents.keys()].filter((axis) => strides[axis] !== 0)
        const longest = axes.reduce((most, axis) => (extents[axis]! > extents[most]! ? axis : most), axes[0]!)
        return axes.filter((axis) => axis !== longest && axis > 0)
      }),
    )
    this.#unrolled = sizeOf([...window].map((axis) => extents[axis]!)) <= mostUnrolled ? window : new Set()
    this.#variables = values.map((_, i) => variable('v128', `v${name}.${i}`))
  }

  /** `part`: the index of the first axis. */
  print(part: Variable<'word'>): Instruction[] {
    const { values, stores, bounds } = this.loops
    const start = (operand: number, { offset }: Affine): Partial => ({
      moving: this.bases[operand]!,
      constant: offset * this.#size(operand),
    })
    const place: Place = {
      accesses: [
        ...values.map((value) =>
          value.operation === 'load' ? start(value.operand, value.at) : { moving: undefined, constant: 0 },
        ),
        ...stores.map(({ at }) => start(this.#output, at)),
      ],
      indices: values.map((value) => ({
        moving: undefined,
        constant: value.operation === 'index' ? value.at.offset : 0,
      })),
      bounds: bounds.map(({ offset }) => ({ moving: undefined, constant: offset })),
    }
    return this.#known(-1, place, () => this.#inside(0, place, part))
  }

  get #output(): number {
    return this.#kinds.length - 1
  }

  #size(operand: number): number {
    return bytesPerElement(this.#kinds[operand]!)
  }

  /** All of axis `axis`, and what is inside. */
  #axis(axis: number, place: Place): Instruction[] {
    const { extents } = this.loops
    if (axis === extents.length) return this.#stores(place)
    const extent = extents[axis]!
    if (this.#unrolled.has(axis) || extent === 1)
      return Array.from({ length: extent }, (_, i) => this.#inside(axis, place, i)).flat()
    if (axis === extents.length - 1) {
      const row = this.#row(place)
      if (row) return row
    }
    const index = variable('word', `i${this.name}.${axis}`)
    return count(index, 0, extent, this.#inside(axis, place, index))
  }

  /** What one index of an axis does. */
  #inside(axis: number, place: Place, index: Variable<'word'> | number): Instruction[] {
    const { values, stores, bounds } = this.loops
    const before: Instruction[] = []
    const move = ({ moving, constant }: Partial, name: string, stride: number): Partial => {
      if (stride === 0) return { moving, constant }
      if (typeof index === 'number') return { moving, constant: constant + stride * index }
      const to = variable('word', `${name}.${axis}`)
      const step = stride === 1 ? index : mul(index, stride)
      before.push(set(to, moving ? add(moving, step) : step))
      return { moving: to, constant }
    }
    const strideOf = (value: NestValue): number =>
      value.operation === 'load' ? value.at.strides[axis]! * this.#size(value.operand) : 0
    const inner: Place = {
      accesses: place.accesses.map((access, i) =>
        move(
          access,
          `p${this.name}.${i}`,
          i < values.length
            ? strideOf(values[i]!)
            : stores[i - values.length]!.at.strides[axis]! * this.#size(this.#output),
        ),
      ),
      indices: place.indices.map((partial, i) => {
        const value = values[i]!
        return move(partial, `x${this.name}.${i}`, value.operation === 'index' ? value.at.strides[axis]! : 0)
      }),
      bounds: place.bounds.map((partial, i) => move(partial, `b${this.name}.${i}`, bounds[i]!.strides[axis]!)),
    }
    return [...before, ...this.#known(axis, inner, () => this.#axis(axis + 1, inner))]
  }

  /** The values that are known behind an axis, and `rest`, where the bounds hold that are. */
  #known(axis: number, place: Place, rest: () => readonly Instruction[]): Instruction[] {
    const { bounds, values, extents } = this.loops
    const computed = values.flatMap((value, i) =>
      this.#order.values[i] === axis ? [set(this.#variables[i]!, this.#value(value, i, place))] : [],
    )
    const open = bounds.flatMap(({ size }, i) => {
      if (this.#order.bounds[i] !== axis) return []
      const { moving, constant } = place.bounds[i]!
      return moving ? [lt(add(moving, constant), size)] : constant >= 0 && constant < size ? [] : [undefined]
    })
    const { fill: number, kind } = this.kernel.output
    const outside =
      this.#order.isDense && bounds.length > 0 && open.length > 0
        ? fillWith(kind, number!, address(place.accesses.at(-1)!), sizeOf(extents.slice(axis + 1)))
        : []
    if (open.includes(undefined)) return outside
    return open.reduceRight<readonly Instruction[]>(
      (inside, condition) => [when(condition!, inside, outside)],
      [...computed, ...rest()],
    ) as Instruction[]
  }

  #value(value: NestValue, i: number, place: Place): Vec {
    switch (value.operation) {
      case 'number':
        return numberOf(value.number, value.kind)
      case 'index': {
        const { moving, constant } = place.indices[i]!
        return i32x4.splat(moving ? lowBits(add(moving, constant)) : i32(constant))
      }
      case 'load':
        return load(value.kind, 1, this.#through(place.accesses[i]!, value.through, value.operand))
      default: {
        const operands = value.operands.map((operand) => this.#variables[operand]!)
        return operate(value, operands, this.loops.values[value.operands[0]]!.kind)
      }
    }
  }

  #through(access: Partial, through: NestStore['through'], operand: number): Value<'word'> {
    if (!through) return address(access)
    const index = widen(i32x4.extract_lane(0, this.#variables[through.value]!))
    return add(address(access), mul(index, through.stride * this.#size(operand)))
  }

  #stores(place: Place): Instruction[] {
    const { values, stores } = this.loops
    const { kind } = this.kernel.output
    const to = variable('word', 'to')
    return stores.flatMap(({ value, combine, through }, i) => {
      const given = this.#variables[value]!
      return [
        set(to, this.#through(place.accesses[values.length + i]!, through, this.#output)),
        store(
          kind,
          1,
          to,
          combine === 'replace' ? given : operationOn(combine, [load(kind, 1, to), given], kind, kind),
        ),
      ]
    })
  }

  /** The last axis four elements at a time: of a row that is written in order, from one that is read by steps. */
  #row(place: Place): Instruction[] | undefined {
    const { extents, values, stores, bounds } = this.loops
    const axis = extents.length - 1
    const inner = [...values.keys()].filter((i) => this.#order.values[i] === axis)
    const [from, cast] = inner.map((i) => values[i]!)
    if (
      !this.#order.isDense ||
      !from ||
      inner.length > 2 ||
      from.operation !== 'load' ||
      from.through ||
      from.operand === this.#output ||
      stores[0]!.value !== inner.at(-1)
    )
      return undefined
    if (cast && cast.operation !== 'cast') return undefined
    const stride = from.at.strides[axis]!
    const { kind: to, fill: number } = this.kernel.output
    const { kind } = from
    if (stride < 1 || (stride > 1 && kind !== 'float32' && kind !== 'uint8')) return undefined
    const mine = bounds
      .map((bound, i) => ({ ...bound, ...place.bounds[i]! }))
      .filter((_, i) => this.#order.bounds[i] === axis)
    if (mine.some(({ moving, strides }) => moving || strides[axis]! < 0)) return undefined
    const length = extents[axis]!
    // where all bounds hold
    const low = Math.min(
      length,
      Math.max(0, ...mine.map(({ constant, strides }) => Math.ceil(-constant / strides[axis]!))),
    )
    const high = Math.max(
      low,
      Math.min(
        length,
        ...mine.map(({ constant, strides, size }) => Math.floor((size - 1 - constant) / strides[axis]!) + 1),
      ),
    )
    const fours = low + Math.floor((high - low) / 4) * 4
    const [x, read, written] = [variable('word', 'x'), variable('word', 'read'), variable('word', 'written')]
    const copy = (lanes: 4 | 1): Instruction[] => {
      const element = bytesPerElement(kind)
      const there = add(read, mul(x, element * stride))
      const value =
        kind === 'float32' || kind === 'uint8' ? loadStrided(kind, lanes, there, stride) : load(kind, lanes, there)
      return [
        store(
          to,
          lanes,
          add(written, mul(x, bytesPerElement(to))),
          cast ? operationOn('cast', [value], kind, to) : value,
        ),
      ]
    }
    return [
      set(written, address(place.accesses.at(-1)!)),
      ...(low > 0 ? fillWith(to, number!, written, low) : []),
      set(read, address(place.accesses[inner[0]!]!)),
      ...(fours > low ? count(x, low, fours, copy(4), 4) : []),
      ...(high > fours ? count(x, fours, high, copy(1)) : []),
      ...(length > high ? fillWith(to, number!, add(written, bytesPerElement(to) * high), length - high) : []),
    ]
  }
}

function address({ moving, constant }: Partial): Value<'word'> {
  return constant === 0 ? moving! : add(moving!, constant)
}

/** An operation on the first lane. */
function operate(
  value: Exclude<NestValue, { readonly operation: 'load' | 'number' | 'index' }>,
  operands: readonly Vec[],
  from: Kind,
): Vec {
  const [x, y] = operands as readonly [Vec, Vec]
  switch (value.operation) {
    case 'shiftRight':
      return i32x4.shr_u(x, value.bits)
    case 'xor':
      return v128.xor(x, y)
    case 'mulHigh':
      return shuffleWords([1, 1, 1, 1], i64x2.extmul_low_i32x4_u(x, y))
    case 'quotient':
      return i32x4.splat(divSigned(i32x4.extract_lane(0, x), i32x4.extract_lane(0, y)))
    default:
      return operationOn(value.operation, operands, from, value.kind)
  }
}
