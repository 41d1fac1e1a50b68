import { allocate } from '../dtype.js'
import { SnnError } from '../error.js'
import type { Kernel, Kernels, ScanKernel } from '../interpret.js'
import { sizeOf } from '../shape.js'
import { binaryKernel, cast, same, select, unaryKernel } from './elementwise.js'
import { conv, convInputGradient, convWeightGradient, matmul } from './linear.js'
import { broadcast, concat, gather, iota, pad, reshape, scatterAdd, slice, transpose } from './movement.js'
import { argmaxPool, averagePool, averagePoolGradient, maxPool } from './pool.js'
import { random } from './random.js'
import { argmax, reduceMax, reduceSum } from './reduce.js'
import type { Value } from './value.js'

const constant: Kernel<'constant', Value> = (_, node) => node.attributes

/** A backend binds the Variables that a program reads before it starts; elsewhere their host value is read. */
const read: Kernel<'read', Value> = (_, node) => {
  const { storage, dtype, shape, name } = node.attributes.variable
  if (storage.kind === 'host') return { data: storage.data, shape, dtype }
  throw new SnnError(
    'UNBOUND',
    `[read] Variable '${name}' lies on a device, expected its value in the bindings. Bind it to await ${name}.data().`,
    { place: node.place },
  )
}

const scan: ScanKernel<Value> = {
  index: (t) => ({ data: Int32Array.of(t), shape: [], dtype: 'int32' }),
  at({ data, shape, dtype }, t) {
    const size = sizeOf(shape.slice(1))
    return { data: data.subarray(t * size, (t + 1) * size), shape: shape.slice(1), dtype }
  },
  stack(values, { dtype, shape }) {
    const data = allocate(dtype, sizeOf(shape))
    values.forEach((value, t) => data.set(value.data, t * value.data.length))
    return { data, shape, dtype }
  },
}

/** What every primitive does, in plain loops over host arrays: slow and obviously right. Sums are made in float64. */
export const referenceKernels: Required<Kernels<Value>> = {
  constant,
  read,
  iota,
  random,

  neg: unaryKernel('neg'),
  abs: unaryKernel('abs'),
  sign: unaryKernel('sign'),
  floor: unaryKernel('floor'),
  round: unaryKernel('round'),
  exp: unaryKernel('exp'),
  log: unaryKernel('log'),
  sqrt: unaryKernel('sqrt'),
  sin: unaryKernel('sin'),
  cos: unaryKernel('cos'),
  tanh: unaryKernel('tanh'),
  atan: unaryKernel('atan'),
  erf: unaryKernel('erf'),

  add: binaryKernel('add'),
  sub: binaryKernel('sub'),
  mul: binaryKernel('mul'),
  div: binaryKernel('div'),
  pow: binaryKernel('pow'),
  mod: binaryKernel('mod'),
  minimum: binaryKernel('minimum'),
  maximum: binaryKernel('maximum'),

  less: binaryKernel('less'),
  lessEqual: binaryKernel('lessEqual'),
  equal: binaryKernel('equal'),
  and: binaryKernel('and'),
  or: binaryKernel('or'),
  not: unaryKernel('not'),

  select,
  cast,

  reduceSum,
  reduceMax,
  argmax,

  reshape,
  transpose,
  broadcast,
  slice,
  pad,
  concat,
  gather,
  scatterAdd,

  matmul,
  conv,
  convInputGradient,
  convWeightGradient,

  maxPool,
  argmaxPool,
  averagePool,
  averagePoolGradient,

  scan,
  customGradient: same,
  stopGradient: same,
}
