import { sizeOf, type Shape, type Tensor } from '@snn/tensor'
import { isPrimitive, type Node, type Primitive } from '@snn/tensor/backend'
import { stridesOf } from '@snn/tensor/library'
import {
  inParts,
  type Affine,
  type FusedNest,
  type Loops,
  type NestStore,
  type NestValue,
  type WordOperation,
} from './nest.js'
import { philox, uniformBits } from './philox.js'
import { largestWindow } from './planes.js'
import { isScalar, kindOf, type Kind, type ScalarPrimitive } from './scalar.js'

/** The values of loops as they are made; each gives its number. */
class Values {
  readonly made: NestValue[] = []
  constructor(readonly kinds: readonly Kind[]) {}

  push(value: NestValue): number {
    return this.made.push(value) - 1
  }

  /** An element of input `operand`, or of the output behind them. */
  load(
    operand: number,
    strides: readonly number[],
    offset = 0,
    through?: { readonly value: number; readonly stride: number },
  ): number {
    return this.push({
      operation: 'load',
      kind: this.kinds[operand]!,
      operand,
      at: { offset, strides },
      ...(through && { through }),
    })
  }

  number(kind: Kind, number: number): number {
    return this.push({ operation: 'number', kind, number })
  }

  index(strides: readonly number[], offset = 0): number {
    return this.push({ operation: 'index', kind: 'int32', at: { offset, strides } })
  }

  apply(operation: ScalarPrimitive | WordOperation, kind: Kind, ...operands: readonly number[]): number {
    return this.push({ operation, kind, operands })
  }
}

type Build = (values: Values) => {
  readonly stores: readonly (Omit<NestStore, 'combine'> & { readonly combine?: NestStore['combine'] })[]
}

interface Nest {
  readonly fill?: number
  readonly loops: readonly {
    readonly extents: readonly number[]
    readonly bounds?: Loops['bounds']
    readonly build: Build
  }[]
}

/** What is the same for each element of `to`: stores the value at the same place. */
const stored = (
  strides: readonly number[],
  value: number,
  combine: NestStore['combine'] = 'replace',
  offset = 0,
): NestStore => ({ at: { offset, strides }, value, combine })

/** out[i] = x[offset + i . strides] */
function read({ shape }: Tensor, strides: readonly number[], offset = 0): Nest {
  return {
    loops: [
      { extents: shape, build: (values) => ({ stores: [stored(stridesOf(shape), values.load(0, strides, offset))] }) },
    ],
  }
}

/** out[offset + i . strides] = x[i], of input `operand`. */
function written({ shape }: Tensor, strides: readonly number[], offset: number, operand = 0): Nest['loops'][number] {
  return {
    extents: shape,
    build: (values) => ({ stores: [stored(strides, values.load(operand, stridesOf(shape)), 'replace', offset)] }),
  }
}

/** Sums and maxima over any axes: what is kept moves the output, the rest meets the same element again. */
function reduced(node: Node<'reduceSum'> | Node<'reduceMax'>, combine: 'add' | 'maximum', fill: number): Nest {
  const [x] = node.inputs as readonly [Tensor]
  const { axes } = node.attributes
  const all = [...x.shape.keys()]
  const order = [...all.filter((axis) => !axes.includes(axis)), ...all.filter((axis) => axes.includes(axis))]
  const from = stridesOf(x.shape)
  const to = stridesOf(node.outputs[0]!.shape)
  const build: Build = (values) => {
    const element = values.load(
      0,
      order.map((axis) => from[axis]!),
    )
    return {
      stores: [
        stored(
          order.map((_, i) => to[i] ?? 0),
          element,
          combine,
        ),
      ],
    }
  }
  return { fill, loops: [{ extents: order.map((axis) => x.shape[axis]!), build }] }
}

/** Where index [.., i, ..] of `indices` meets [.., indices[.., i, ..], ..] of `shape`. */
function along(
  indices: Tensor,
  shape: Shape,
  axis: number,
): { readonly strides: readonly number[]; readonly stride: number } {
  const strides = stridesOf(shape)
  return { strides: indices.shape.map((_, i) => (i === axis ? 0 : strides[i]!)), stride: strides[axis]! }
}

/** The smallest of a kind, with which a maximum begins. */
const least = { float32: -Infinity, int32: -(2 ** 31), uint8: 0, bool: 0 } as const

const nests: { readonly [P in Primitive]?: (node: Node<P>) => Nest } = {
  iota: ({ attributes: { axis, shape }, outputs: [y] }) => ({
    loops: [
      {
        extents: shape,
        build: (values) => {
          const index = values.index(shape.map((_, i) => Number(i === axis)))
          return {
            stores: [stored(stridesOf(shape), y!.dtype === 'int32' ? index : values.apply('cast', kindOf(y!)!, index))],
          }
        },
      },
    ],
  }),
  transpose: ({ inputs: [x], outputs: [y], attributes: { permutation } }) =>
    read(
      y!,
      permutation.map((axis) => stridesOf(x!.shape)[axis]!),
    ),
  broadcast: ({ inputs: [x], outputs: [y] }) => {
    const lead = y!.shape.length - x!.shape.length
    return read(
      y!,
      y!.shape.map((_, axis) => (axis < lead || x!.shape[axis - lead] === 1 ? 0 : stridesOf(x!.shape)[axis - lead]!)),
    )
  },
  slice: ({ inputs: [x], outputs: [y], attributes: { start, step } }) => {
    const strides = stridesOf(x!.shape)
    return read(
      y!,
      strides.map((stride, axis) => stride * step[axis]!),
      strides.reduce((sum, stride, axis) => sum + stride * start[axis]!, 0),
    )
  },
  pad: ({ inputs: [x], outputs: [y], attributes: { padding, interior, value } }) => {
    const strides = stridesOf(y!.shape)
    const spread = strides.map((stride, axis) => stride * (interior[axis]! + 1))
    return {
      fill: value,
      loops: [
        written(
          x!,
          spread,
          strides.reduce((sum, stride, axis) => sum + stride * padding[axis]![0], 0),
        ),
      ],
    }
  },
  concat: ({ inputs, outputs: [y], attributes: { axis } }) => {
    const strides = stridesOf(y!.shape)
    let before = 0
    return {
      loops: inputs.map((x, operand) =>
        written(x, strides, strides[axis]! * ((before += x.shape[axis]!) - x.shape[axis]!), operand),
      ),
    }
  },
  gather: ({ inputs: [x, indices], attributes: { axis } }) => ({
    loops: [
      {
        extents: indices!.shape,
        build: (values) => {
          const [own, { strides, stride }] = [stridesOf(indices!.shape), along(indices!, x!.shape, axis)]
          return { stores: [stored(own, values.load(0, strides, 0, { value: values.load(1, own), stride }))] }
        },
      },
    ],
  }),
  scatterAdd: ({ inputs: [indices], outputs: [y], attributes: { axis } }) => ({
    fill: 0,
    loops: [
      {
        extents: indices!.shape,
        build: (values) => {
          const [own, { strides, stride }] = [stridesOf(indices!.shape), along(indices!, y!.shape, axis)]
          const index = values.load(0, own)
          return { stores: [{ ...stored(strides, values.load(1, own), 'add'), through: { value: index, stride } }] }
        },
      },
    ],
  }),
  reduceSum: (node) => reduced(node, 'add', 0),
  reduceMax: (node) => reduced(node, 'maximum', least[kindOf(node.outputs[0]!)!]),
  // the position of the largest so far lies in the output
  argmax: ({ inputs: [x], outputs: [y], attributes: { axis } }) => ({
    fill: 0,
    loops: [
      {
        extents: [...y!.shape, x!.shape[axis]!],
        build: (values) => {
          const from = stridesOf(x!.shape)
          const stride = from[axis]!
          const [outer, to] = [from.filter((_, i) => i !== axis), [...stridesOf(y!.shape), 0]]
          const before = values.load(1, to)
          const best = values.load(0, [...outer, 0], 0, { value: before, stride })
          const isLarger = values.apply('less', 'bool', best, values.load(0, [...outer, stride]))
          return {
            stores: [
              stored(
                to,
                values.apply(
                  'select',
                  'int32',
                  isLarger,
                  values.index(to.map((_, i) => Number(i === to.length - 1))),
                  before,
                ),
              ),
            ],
          }
        },
      },
    ],
  }),
  div: (node) => elementwise(node, (values, x, y) => quotient(values, x, y).result),
  mod: (node) =>
    elementwise(node, (values, x, y) => {
      const { zero, isSpecial, safe } = quotient(values, x, y)
      const rest = values.apply(
        'sub',
        'int32',
        x,
        values.apply('mul', 'int32', values.apply('quotient', 'int32', x, safe), safe),
      )
      // its sign follows the divisor
      const differs = values.apply('less', 'bool', values.apply('xor', 'int32', rest, safe), zero)
      const isWhole = values.apply('equal', 'bool', rest, zero)
      const floored = values.apply(
        'select',
        'int32',
        values.apply('and', 'bool', differs, values.apply('not', 'bool', isWhole)),
        values.apply('add', 'int32', rest, safe),
        rest,
      )
      return values.apply('select', 'int32', isSpecial, zero, floored)
    }),
  averagePoolGradient: spread,
  random: ({ outputs: [y], attributes: { key } }) => {
    const size = sizeOf(y!.shape)
    const block = (from: number, blocks: number, words: number): Nest['loops'][number] => ({
      extents: [blocks],
      build: (values) => {
        const word = (number: number): number => values.number('int32', number | 0)
        const operations = {
          number: word,
          add: (a: number, b: number) => values.apply('add', 'int32', a, b),
          xor: (a: number, b: number) => values.apply('xor', 'int32', a, b),
          product: (a: number, b: number) => ({
            low: values.apply('mul', 'int32', a, b),
            high: values.apply('mulHigh', 'int32', a, b),
          }),
        }
        const made = philox(
          operations,
          [values.index([1], from), word(0), values.load(0, [0]), word(0)],
          [word(key[0]), word(key[1])],
        )
        return {
          stores: made.slice(0, words).map((bits, w) => {
            const top = values.push({
              operation: 'shiftRight',
              kind: 'int32',
              operands: [bits],
              bits: uniformBits.shift,
            })
            return stored(
              [4],
              values.apply(
                'mul',
                'float32',
                values.apply('cast', 'float32', top),
                values.number('float32', uniformBits.factor),
              ),
              'replace',
              4 * from + w,
            )
          }),
        }
      },
    })
    const whole = Math.floor(size / 4)
    return { loops: [block(0, whole, 4), ...(size % 4 > 0 ? [block(whole, 1, size % 4)] : [])] }
  },
}

/** Of whole numbers: those by 0 are 0, and -x by -1, which a division would end the process for at the least number. */
function quotient(
  values: Values,
  x: number,
  y: number,
): { readonly zero: number; readonly isSpecial: number; readonly safe: number; readonly result: number } {
  const [zero, one, minusOne] = [0, 1, -1].map((number) => values.number('int32', number)) as [number, number, number]
  const isZero = values.apply('equal', 'bool', y, zero)
  const isSpecial = values.apply('or', 'bool', isZero, values.apply('equal', 'bool', y, minusOne))
  const safe = values.apply('select', 'int32', isSpecial, one, y)
  const special = values.apply('select', 'int32', isZero, zero, values.apply('neg', 'int32', x))
  return {
    zero,
    isSpecial,
    safe,
    result: values.apply('select', 'int32', isSpecial, special, values.apply('quotient', 'int32', x, safe)),
  }
}

/** Two whole numbers of the same place, as int32. */
function elementwise({ outputs: [y] }: Node, operation: (values: Values, a: number, b: number) => number): Nest {
  const kind = kindOf(y!)!
  return {
    loops: [
      {
        extents: [sizeOf(y!.shape)],
        build: (values) => {
          const operands = [0, 1].map((operand) =>
            kind === 'int32' ? values.load(operand, [1]) : values.apply('cast', 'int32', values.load(operand, [1])),
          ) as [number, number]
          const result = operation(values, ...operands)
          return { stores: [stored([1], kind === 'int32' ? result : values.apply('cast', kind, result))] }
        },
      },
    ],
  }
}

/**
 * The axes of planes, windows, and elements of a window: where each element lies, and the bounds that it lies inside.
 */
interface WindowAxes {
  readonly windows: readonly number[]
  readonly kernel: readonly number[]
  readonly stride: readonly number[]
  readonly padding: readonly number[]
  readonly dilation: readonly number[]
}

/** For axes [.., windows, kernel] with `lead` before them: the element of a plane that each window's element is. */
function inPlane(
  lead: number,
  plane: readonly number[],
  axes: WindowAxes,
): Affine & { readonly bounds: Loops['bounds'] } {
  const { windows, kernel, stride, padding, dilation } = axes
  const [none, own] = [Array<number>(lead).fill(0), stridesOf(plane)]
  const only = (axis: number, of: number): number[] => plane.map((_, i) => (i === axis ? of : 0))
  const bounds = plane.map((size, axis) => ({
    offset: -padding[axis]!,
    strides: [...none, ...only(axis, stride[axis]!), ...only(axis, dilation[axis]!)],
    size,
  }))
  return {
    strides: [...none, ...own.map((n, axis) => n * stride[axis]!), ...own.map((n, axis) => n * dilation[axis]!)],
    offset: -own.reduce((sum, n, axis) => sum + n * padding[axis]!, 0),
    bounds: bounds.filter(
      ({ offset, size }, axis) =>
        offset < 0 || offset + stride[axis]! * (windows[axis]! - 1) + dilation[axis]! * (kernel[axis]! - 1) >= size,
    ),
  }
}

/** The gradient of average pooling: each window hands its share to its elements. */
function spread({
  inputs: [dy],
  outputs: [dx],
  attributes: { kernel, stride, padding, countIncludePad },
}: Node<'averagePoolGradient'>): Nest {
  const rank = kernel.length
  const [plane, windows] = [dx!.shape.slice(-rank), dy!.shape.slice(-rank)]
  const planes = sizeOf(dx!.shape.slice(0, -rank))
  const axes = { windows, kernel, stride, padding: padding.map(([low]) => low), dilation: kernel.map(() => 1) }
  const { strides, offset, bounds } = inPlane(1, plane, axes)
  const none = kernel.map(() => 0)
  return {
    fill: 0,
    loops: [
      {
        extents: [planes, ...windows, ...kernel],
        bounds,
        build: (values) => {
          const given = values.load(0, [sizeOf(windows), ...stridesOf(windows), ...none])
          const counts = countIncludePad
            ? [values.number('float32', sizeOf(kernel))]
            : [values.apply('cast', 'float32', inside(values, plane, axes))]
          return {
            stores: [
              stored(
                [sizeOf(plane), ...strides.slice(1)],
                values.apply('div', 'float32', given, counts[0]!),
                'add',
                offset,
              ),
            ],
          }
        },
      },
    ],
  }
}

/** How many elements of each window lie inside of the plane. */
function inside(values: Values, plane: readonly number[], { kernel, stride, padding }: WindowAxes): number {
  const rank = plane.length
  const within = plane.map((size, axis) => {
    const clamped = (from: number): number => {
      const start = values.index(
        [0, ...plane.map((_, i) => (i === axis ? stride[axis]! : 0)), ...Array<number>(rank).fill(0)],
        from,
      )
      return values.apply(
        'minimum',
        'int32',
        values.apply('maximum', 'int32', start, values.number('int32', 0)),
        values.number('int32', size),
      )
    }
    return values.apply('sub', 'int32', clamped(kernel[axis]! - padding[axis]!), clamped(-padding[axis]!))
  })
  return within.reduce((x, y) => values.apply('mul', 'int32', x, y))
}

function finish(inputs: readonly Tensor[], output: Tensor, { fill, loops }: Nest): FusedNest {
  const kinds = inputs.map((input) => kindOf(input)!)
  const kind = kindOf(output)!
  const whole = inParts({
    inputs: kinds,
    output: { kind, size: sizeOf(output.shape), fill },
    loops: loops
      .filter(({ extents }) => sizeOf(extents) > 0)
      .map(({ extents, bounds = [], build }) => {
        const values = new Values([...kinds, kind])
        const stores = build(values).stores.map((store): NestStore => ({ combine: 'replace', ...store }))
        return { extents, bounds, values: values.made, stores }
      }),
  })
  return { ...whole, inputs, output }
}

/** `node` as loop nests; undefined when it has no such form. */
export function fuseNest(node: Node): FusedNest | undefined {
  const build = nests[node.primitive] as ((node: Node) => Nest) | undefined
  const isOwn =
    build &&
    node.outputs.length === 1 &&
    !isScalar(node) &&
    [...node.inputs, ...node.outputs].every((tensor) => kindOf(tensor) !== undefined)
  return isOwn ? finish(node.inputs, node.outputs[0]!, build(node)) : undefined
}

/**
 * The windows of a convolution written out, x [.., C, spatial] -> `output` [.., C, kernel, windows] (im2col): the
 * weight gradient is the product of that matrix and the gradient of the result. What is cast from uint8 for it is read
 * as it is, unless `isBound` holds x.
 */
export function fuseColumns(
  node: Node<'convWeightGradient'>,
  output: Tensor,
  isBound: (tensor: Tensor) => boolean = () => false,
): FusedNest | undefined {
  const [x, dy] = node.inputs as readonly [Tensor, Tensor]
  const { kernel, stride, padding, dilation } = node.attributes
  if (kernel.length > 2 || sizeOf(kernel) > largestWindow || x.dtype !== 'float32') return undefined
  const rank = kernel.length
  const [plane, windows] = [x.shape.slice(-rank), dy.shape.slice(-rank)]
  const from = isPrimitive(x.node, 'cast') && x.node.inputs[0]!.dtype === 'uint8' && !isBound(x) ? x.node.inputs[0]! : x
  const { strides, offset, bounds } = inPlane(1, plane, {
    windows,
    kernel,
    stride,
    padding: padding.map(([low]) => low),
    dilation,
  })
  // for each element of the kernel, that of all windows
  const order = [0, ...kernel.map((_, axis) => 1 + rank + axis), ...kernel.map((_, axis) => 1 + axis)]
  const ordered = <A extends Affine>(affine: A): A => ({
    ...affine,
    strides: order.map((axis) => affine.strides[axis]!),
  })
  const extents = [sizeOf(x.shape.slice(0, -rank)), ...kernel, ...windows]
  return finish([from], output, {
    fill: 0,
    loops: [
      {
        extents,
        bounds: bounds.map(ordered),
        build: (values) => {
          const element = values.load(
            0,
            ordered({ offset, strides: [sizeOf(plane), ...strides.slice(1)] }).strides,
            offset,
          )
          return {
            stores: [stored(stridesOf(extents), from === x ? element : values.apply('cast', 'float32', element))],
          }
        },
      },
    ],
  })
}
