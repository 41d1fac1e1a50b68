import { isFloat, type DType } from '../dtype.js'
import { SnnError } from '../error.js'
import type { Primitive, Primitives, Window } from '../primitive.js'
import { broadcastShapes, checkShape, formatShape, sameShape, sizeOf, type Shape } from '../shape.js'
import type { Tensor } from '../tensor.js'

/** Dtype and shape of one output. */
export interface Signature {
  readonly dtype: DType
  readonly shape: Shape
}

type ShapeRule<P extends Primitive> = (inputs: readonly Tensor[], attributes: Primitives[P]) => Signature

/** A shape error of `operation`. */
function wrong(operation: string, inputs: readonly Tensor[], expected: string): never {
  throw new SnnError(
    'SHAPE',
    `[${operation}] shapes ${inputs.map((x) => formatShape(x.shape)).join(' and ')}, expected ${expected}.`,
    { shapes: inputs.map((x) => x.shape) },
  )
}

function needDtype(
  operation: string,
  inputs: readonly Tensor[],
  allowed: (dtype: DType) => boolean,
  expected: string,
): DType {
  const dtypes = inputs.map((x) => x.dtype)
  if (!dtypes.every((dtype) => dtype === dtypes[0] && allowed(dtype))) {
    throw new SnnError(
      'DTYPE',
      `[${operation}] dtypes ${dtypes.join(' and ')}, expected ${expected}. Use x.cast(dtype).`,
      { dtypes },
    )
  }
  return dtypes[0]!
}

const anything = (): boolean => true
const number = (dtype: DType): boolean => dtype !== 'bool'
const bool = (dtype: DType): boolean => dtype === 'bool'

function same(operation: string, inputs: readonly Tensor[]): Shape {
  const shape = inputs[0]!.shape
  if (!inputs.every((x) => sameShape(x.shape, shape))) wrong(operation, inputs, 'equal shapes')
  return shape
}

function unary(
  operation: Primitive,
  allowed: (dtype: DType) => boolean,
  expected: string,
): (inputs: readonly Tensor[]) => Signature {
  return ([x]) => ({ dtype: needDtype(operation, [x!], allowed, expected), shape: x!.shape })
}

function binary(
  operation: Primitive,
  allowed: (dtype: DType) => boolean,
  expected: string,
  result?: DType,
): (inputs: readonly Tensor[]) => Signature {
  return (inputs) => {
    const dtype = needDtype(operation, inputs, allowed, expected)
    return { dtype: result ?? dtype, shape: same(operation, inputs) }
  }
}

function reduced(operation: Primitive, x: Tensor, axes: readonly number[], dtype: DType): Signature {
  if (operation !== 'reduceSum' && axes.some((axis) => x.shape[axis] === 0))
    wrong(operation, [x], 'at least one element along each reduced axis')
  return { dtype, shape: x.shape.filter((_, i) => !axes.includes(i)) }
}

/** Sizes after sliding a window over `spatial`. */
function windowed(
  operation: Primitive,
  x: Tensor,
  spatial: Shape,
  kernel: Shape,
  window: Omit<Window, 'dilation'> & Partial<Window>,
): number[] {
  return spatial.map((size, i) => {
    const [low, high] = window.padding[i]!
    const out =
      Math.floor((size + low + high - (window.dilation?.[i] ?? 1) * (kernel[i]! - 1) - 1) / window.stride[i]!) + 1
    if (out < 1) wrong(operation, [x], `a padded input of at least the kernel ${formatShape(kernel)}`)
    return out
  })
}

function pooled(
  operation: Primitive,
  x: Tensor,
  attributes: Omit<Window, 'dilation'> & Partial<Window> & { readonly kernel: readonly number[] },
): Shape {
  const axes = attributes.kernel.length
  if (x.shape.length < axes + 1) wrong(operation, [x], `at least ${axes + 1} axes [.., C, spatial]`)
  const lead = x.shape.length - axes
  return [...x.shape.slice(0, lead), ...windowed(operation, x, x.shape.slice(lead), attributes.kernel, attributes)]
}

/** dtype and shape of the result of each primitive; throws `SHAPE` or `DTYPE`. */
export const shapeRules: { readonly [P in Primitive]: ShapeRule<P> } = {
  placeholder: (_, { dtype, shape }) => ({ dtype, shape }),
  constant: (_, { dtype, shape }) => ({ dtype, shape }),
  read: (_, { variable }) => ({ dtype: variable.dtype, shape: variable.shape }),
  iota: (_, { dtype, shape }) => ({ dtype, shape }),
  random: ([offset], { shape }) => {
    if (offset!.dtype !== 'int32' || offset!.shape.length !== 0) wrong('random', [offset!], 'an int32 scalar offset')
    return { dtype: 'float32', shape }
  },

  neg: unary('neg', number, 'numbers'),
  abs: unary('abs', number, 'numbers'),
  sign: unary('sign', number, 'numbers'),
  floor: unary('floor', isFloat, 'floats'),
  round: unary('round', isFloat, 'floats'),
  exp: unary('exp', isFloat, 'floats'),
  log: unary('log', isFloat, 'floats'),
  sqrt: unary('sqrt', isFloat, 'floats'),
  sin: unary('sin', isFloat, 'floats'),
  cos: unary('cos', isFloat, 'floats'),
  tanh: unary('tanh', isFloat, 'floats'),
  atan: unary('atan', isFloat, 'floats'),
  erf: unary('erf', isFloat, 'floats'),

  add: binary('add', number, 'equal number types'),
  sub: binary('sub', number, 'equal number types'),
  mul: binary('mul', number, 'equal number types'),
  div: binary('div', number, 'equal number types'),
  pow: binary('pow', isFloat, 'equal float types'),
  mod: binary('mod', number, 'equal number types'),
  minimum: binary('minimum', number, 'equal number types'),
  maximum: binary('maximum', number, 'equal number types'),
  less: binary('less', number, 'equal number types', 'bool'),
  lessEqual: binary('lessEqual', number, 'equal number types', 'bool'),
  equal: binary('equal', anything, 'equal types', 'bool'),
  and: binary('and', bool, 'bool'),
  or: binary('or', bool, 'bool'),
  not: unary('not', bool, 'bool'),
  select: (inputs) => {
    const [condition, x, y] = inputs
    needDtype('select', [condition!], bool, 'a bool condition')
    return { dtype: needDtype('select', [x!, y!], anything, 'equal types'), shape: same('select', inputs) }
  },
  cast: ([x], { dtype }) => ({ dtype, shape: x!.shape }),

  reduceSum: ([x], { axes }) => reduced('reduceSum', x!, axes, needDtype('reduceSum', [x!], number, 'numbers')),
  reduceMax: ([x], { axes }) => reduced('reduceMax', x!, axes, needDtype('reduceMax', [x!], number, 'numbers')),
  argmax: ([x], { axis }) => {
    needDtype('argmax', [x!], number, 'numbers')
    return reduced('argmax', x!, [axis], 'int32')
  },

  reshape: ([x], { shape }) => {
    checkShape(shape, 'reshape')
    if (sizeOf(shape) !== sizeOf(x!.shape)) wrong('reshape', [x!], `as many elements as ${formatShape(shape)}`)
    return { dtype: x!.dtype, shape }
  },
  transpose: ([x], { permutation }) => {
    if (permutation.length !== x!.shape.length || new Set(permutation).size !== permutation.length)
      wrong('transpose', [x!], `rank ${permutation.length}, each axis once`)
    return { dtype: x!.dtype, shape: permutation.map((axis) => x!.shape[axis]!) }
  },
  broadcast: ([x], { shape }) => {
    checkShape(shape, 'broadcast')
    const lead = shape.length - x!.shape.length
    if (lead < 0 || !x!.shape.every((n, i) => n === 1 || n === shape[lead + i]))
      wrong('broadcast', [x!], `a shape that broadcasts to ${formatShape(shape)}`)
    return { dtype: x!.dtype, shape }
  },
  slice: ([x], { start, end, step }) => {
    const fits = x!.shape.every(
      (n, i) => start[i]! >= 0 && end[i]! >= start[i]! && end[i]! <= n && Number.isInteger(step[i]) && step[i]! >= 1,
    )
    if (!fits)
      wrong('slice', [x!], `bounds ${formatShape(start)} to ${formatShape(end)} inside it and steps of at least 1`)
    return { dtype: x!.dtype, shape: x!.shape.map((_, i) => Math.ceil((end[i]! - start[i]!) / step[i]!)) }
  },
  pad: ([x], { padding, interior }) => {
    if (
      padding.length !== x!.shape.length ||
      padding
        .flat()
        .concat(interior)
        .some((n) => !Number.isSafeInteger(n) || n < 0)
    ) {
      wrong('pad', [x!], 'one pair of whole numbers of at least 0 for each axis')
    }
    return {
      dtype: x!.dtype,
      shape: x!.shape.map((n, i) => n + padding[i]![0] + padding[i]![1] + Math.max(0, n - 1) * interior[i]!),
    }
  },
  concat: (inputs, { axis }) => {
    const first = inputs[0]!.shape
    const fits = inputs.every(
      (x) => x.shape.length === first.length && x.shape.every((n, i) => i === axis || n === first[i]),
    )
    if (!fits) wrong('concat', inputs, `equal shapes but for axis ${axis}`)
    const size = inputs.reduce((total, x) => total + x.shape[axis]!, 0)
    return {
      dtype: needDtype('concat', inputs, anything, 'equal types'),
      shape: first.map((n, i) => (i === axis ? size : n)),
    }
  },
  gather: ([x, indices], { axis }) => {
    needDtype('gather', [indices!], (dtype) => dtype === 'int32', 'int32 indices')
    const fits =
      x!.shape.length === indices!.shape.length && x!.shape.every((n, i) => i === axis || n === indices!.shape[i])
    if (!fits) wrong('gather', [x!, indices!], `equal shapes but for axis ${axis}`)
    return { dtype: x!.dtype, shape: indices!.shape }
  },
  scatterAdd: ([indices, updates], { axis, size }) => {
    needDtype('scatterAdd', [indices!], (dtype) => dtype === 'int32', 'int32 indices')
    const dtype = needDtype('scatterAdd', [updates!], number, 'numbers to add')
    return { dtype, shape: same('scatterAdd', [indices!, updates!]).map((n, i) => (i === axis ? size : n)) }
  },

  matmul: ([a, b]) => {
    const dtype = needDtype('matmul', [a!, b!], isFloat, 'equal float types')
    if (a!.shape.length < 2 || b!.shape.length < 2 || a!.shape.at(-1) !== b!.shape.at(-2))
      wrong('matmul', [a!, b!], '[.., M, K] and [.., K, N]')
    const lead = broadcastShapes(a!.shape.slice(0, -2), b!.shape.slice(0, -2), 'matmul')
    return { dtype, shape: [...lead, a!.shape.at(-2)!, b!.shape.at(-1)!] }
  },
  conv: ([x, weight], attributes) => {
    const dtype = needDtype('conv', [x!, weight!], isFloat, 'equal float types')
    const axes = weight!.shape.length - 2
    const { groups } = attributes
    const lead = x!.shape.length - axes - 1
    const [O, Cg] = weight!.shape
    if (axes < 1 || lead < 1 || x!.shape[lead] !== Cg! * groups || O! % groups !== 0) {
      wrong(
        'conv',
        [x!, weight!],
        `x [.., C, spatial] and weight [O, C / ${groups}, kernel] with O divisible by ${groups} groups`,
      )
    }
    return {
      dtype,
      shape: [
        ...x!.shape.slice(0, lead),
        O!,
        ...windowed('conv', x!, x!.shape.slice(lead + 1), weight!.shape.slice(2), attributes),
      ],
    }
  },
  convInputGradient: ([dy, weight], { groups, spatial }) => {
    const dtype = needDtype('convInputGradient', [dy!, weight!], isFloat, 'equal float types')
    const lead = dy!.shape.length - spatial.length - 1
    if (weight!.shape.length !== spatial.length + 2 || dy!.shape[lead] !== weight!.shape[0])
      wrong('convInputGradient', [dy!, weight!], 'dy [.., O, spatial] and weight [O, C / groups, kernel]')
    return { dtype, shape: [...dy!.shape.slice(0, lead), weight!.shape[1]! * groups, ...spatial] }
  },
  convWeightGradient: ([x, dy], { groups, kernel }) => {
    const dtype = needDtype('convWeightGradient', [x!, dy!], isFloat, 'equal float types')
    const lead = x!.shape.length - kernel.length - 1
    if (dy!.shape.length !== x!.shape.length || !sameShape(x!.shape.slice(0, lead), dy!.shape.slice(0, lead)))
      wrong('convWeightGradient', [x!, dy!], 'x [.., C, spatial] and dy [.., O, spatial] with equal leading axes')
    return { dtype, shape: [dy!.shape[lead]!, x!.shape[lead]! / groups, ...kernel] }
  },

  maxPool: ([x], attributes) => ({
    dtype: needDtype('maxPool', [x!], isFloat, 'floats'),
    shape: pooled('maxPool', x!, attributes),
  }),
  argmaxPool: ([x], attributes) => {
    needDtype('argmaxPool', [x!], isFloat, 'floats')
    return { dtype: 'int32', shape: pooled('argmaxPool', x!, attributes) }
  },
  averagePool: ([x], attributes) => ({
    dtype: needDtype('averagePool', [x!], isFloat, 'floats'),
    shape: pooled('averagePool', x!, attributes),
  }),
  averagePoolGradient: ([dy], { spatial }) => ({
    dtype: needDtype('averagePoolGradient', [dy!], isFloat, 'floats'),
    shape: [...dy!.shape.slice(0, dy!.shape.length - spatial.length), ...spatial],
  }),

  scan: () => {
    throw new Error('scan nodes are created by scan()')
  },
  customGradient: ([value]) => ({ dtype: value!.dtype, shape: value!.shape }),
  stopGradient: ([x]) => ({ dtype: x!.dtype, shape: x!.shape }),
}
