import fc from 'fast-check'
import { writeOnnx, type OnnxModelSpec, type OnnxTensor } from '@snn/onnx'
import { sizeOf, type TensorLike } from '@snn/tensor'

// Small ONNX models of all layers that are imported, in any order, dead and constant ones among them: what laws of
// conversion are tried on.

type Node = OnnxModelSpec['nodes'][number]

const seed = fc.noBias(fc.nat())

/** What a model is made from: seeds, for its layers one by one, so that fewer of them make a smaller model. */
const draw = fc.record({
  sample: seed,
  data: seed,
  frame: seed,
  layers: fc.array(fc.tuple(seed, seed), { maxLength: 12 }),
})

type Draw = typeof draw extends fc.Arbitrary<infer T> ? T : never

/** Models of all kinds of layers. */
export const randomModels: fc.Arbitrary<RandomModel> = draw.map(makeModel)

export interface RandomModel {
  readonly bytes: Uint8Array
  /** Five samples [5, ..]. */
  readonly x: Required<TensorLike> & { readonly data: Float32Array }
  /** Operators and shapes, for a message. */
  readonly [fc.toStringMethod]: () => string
}

const samples: readonly (readonly number[])[] = [
  [4],
  [7],
  [3, 3],
  [3, 4],
  [4, 3],
  [1, 5],
  [5, 1],
  [6, 6],
  [2, 5, 5],
  [3, 4, 4],
  [1, 6, 6],
  [4, 4, 4],
  [3, 1, 4],
  [2, 3, 4],
]
/** Numbers in one value of a sample. */
const most = 160

/** Numbers from a seed (mulberry32). */
class Dice {
  #state: number
  constructor(seed: number) {
    this.#state = seed >>> 0
  }
  /** From 0 to 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let t = this.#state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  between(low: number, high: number): number {
    return low + (high - low) * this.next()
  }
  /** Whole, from low to high. */
  whole(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1))
  }
  of<T>(list: readonly T[]): T {
    return list[this.whole(0, list.length - 1)]!
  }
  chance(share: number): boolean {
    return this.next() < share
  }
}

interface Value {
  readonly name: string
  /** Of one sample. */
  readonly shape: readonly number[]
}

class Model {
  readonly nodes: Node[] = []
  readonly constants: Record<string, OnnxTensor> = {}
  readonly values: Value[]
  /** @param plain whether it keeps to what every code carries */
  constructor(
    sample: readonly number[],
    readonly plain: boolean,
  ) {
    this.values = [{ name: 'x', shape: sample }]
  }

  /** A node whose first output is a value of `shape`. */
  emit(op: string, inputs: readonly string[], shape: readonly number[], attributes: Node['attributes'] = {}): Value {
    const value = { name: `v${this.nodes.length}`, shape }
    this.nodes.push({ op, inputs, outputs: [value.name], attributes })
    return value
  }
  floats(shape: readonly number[], value: (i: number) => number): string {
    return this.#constant({
      dtype: 'float32',
      shape,
      data: Float32Array.from({ length: sizeOf(shape) }, (_, i) => value(i)),
    })
  }
  ints(values: readonly number[]): string {
    return this.#constant({ dtype: 'int64', shape: [values.length], data: BigInt64Array.from(values, BigInt) })
  }
  scalarInt(value: number): string {
    return this.#constant({ dtype: 'int64', shape: [], data: BigInt64Array.of(BigInt(value)) })
  }
  bools(shape: readonly number[], value: () => boolean): string {
    return this.#constant({
      dtype: 'bool',
      shape,
      data: Uint8Array.from({ length: sizeOf(shape) }, () => Number(value())),
    })
  }
  #constant(tensor: OnnxTensor): string {
    const name = `c${Object.keys(this.constants).length}`
    this.constants[name] = tensor
    return name
  }
}

function withAxis(shape: readonly number[], axis: number, size: number): number[] {
  return shape.map((n, i) => (i === axis ? size : n))
}

/** A layer behind `x`; undefined where it does not fit. */
type Layer = (model: Model, x: Value, dice: Dice) => Value | undefined

/** Weights that keep values about as large as they are; now and then of a layer that is dead, or constant. */
function weights(
  model: Model,
  dice: Dice,
  shape: readonly number[],
  fanIn: number,
  outputs: number,
): readonly [weight: string, bias: string | undefined] {
  const kind = dice.next()
  const [gain, low, high] = kind < 0.07 ? [0, -2, -0.5] : kind < 0.14 ? [0, 0.2, 1] : [Math.sqrt(4 / fanIn), -0.4, 0.4]
  const weight = model.floats(shape, () => dice.between(-gain, gain))
  return [weight, dice.chance(0.8) || gain === 0 ? model.floats([outputs], () => dice.between(low, high)) : undefined]
}

const matMul: Layer = (model, x, dice) => {
  const inputs = x.shape.at(-1)!
  const outputs = dice.whole(1, 6)
  const shape = [...x.shape.slice(0, -1), outputs]
  if (x.shape.length === 1 && dice.chance(0.6)) {
    const [weight, bias] = weights(model, dice, [outputs, inputs], inputs, outputs)
    return model.emit('Gemm', [x.name, weight, ...(bias ? [bias] : [])], shape, { transB: 1 })
  }
  const [weight, bias] = weights(model, dice, [inputs, outputs], inputs, outputs)
  const product = model.emit('MatMul', [x.name, weight], shape)
  return bias ? model.emit('Add', dice.chance(0.5) ? [product.name, bias] : [bias, product.name], shape) : product
}

interface Windows {
  readonly kernel: number[]
  readonly stride: number[]
  readonly pads: (readonly [number, number])[]
  readonly out: number[]
}

/** Windows over the places of [C, L] or [C, H, W], at most half of which is padding. */
function windowsOver({ shape }: Value, dice: Dice): Windows | undefined {
  if (shape.length < 2 || shape.length > 3) return undefined
  const kernel = shape.slice(1).map((size) => dice.whole(1, Math.min(3, size)))
  const stride = kernel.map(() => dice.whole(1, 2))
  const pads = kernel.map((k) => [dice.whole(0, Math.floor(k / 2)), dice.whole(0, Math.floor(k / 2))] as const)
  return {
    kernel,
    stride,
    pads,
    out: kernel.map((k, i) => Math.floor((shape[i + 1]! + pads[i]![0] + pads[i]![1] - k) / stride[i]!) + 1),
  }
}

const flat = (pads: readonly (readonly [number, number])[]): number[] => [
  ...pads.map(([low]) => low),
  ...pads.map(([, high]) => high),
]

const conv: Layer = (model, x, dice) => {
  const windows = windowsOver(x, dice)
  if (!windows) return undefined
  const { kernel, stride, pads, out } = windows
  const channels = x.shape[0]!
  const group = dice.of([1, 1, 1, channels, channels % 2 === 0 ? 2 : 1])
  const outputs = group * dice.whole(1, Math.max(1, Math.floor(6 / group)))
  const [weight, bias] = weights(
    model,
    dice,
    [outputs, channels / group, ...kernel],
    (channels / group) * sizeOf(kernel),
    outputs,
  )
  return model.emit('Conv', [x.name, weight, ...(bias ? [bias] : [])], [outputs, ...out], {
    kernel_shape: kernel,
    strides: stride,
    pads: flat(pads),
    group,
  })
}

const convTranspose: Layer = (model, x, dice) => {
  if (x.shape.length < 2 || x.shape.length > 3) return undefined
  const [channels, ...places] = x.shape as [number, ...number[]]
  const kernel = places.map(() => dice.whole(1, 3))
  const strides = places.map(() => dice.whole(1, 2))
  const outputs = dice.whole(1, 4)
  const [weight, bias] = weights(model, dice, [channels, outputs, ...kernel], channels * sizeOf(kernel), outputs)
  return model.emit(
    'ConvTranspose',
    [x.name, weight, ...(bias ? [bias] : [])],
    [outputs, ...places.map((size, i) => (size - 1) * strides[i]! + kernel[i]!)],
    { kernel_shape: kernel, strides },
  )
}

const batchNorm: Layer = (model, x, dice) => {
  const channels = x.shape[0]!
  const array = (low: number, high: number): string => model.floats([channels], () => dice.between(low, high))
  const scale = dice.chance(0.3) ? array(-1.2, 1.2) : array(0.5, 1.3)
  return model.emit('BatchNormalization', [x.name, scale, array(-0.4, 0.4), array(-0.3, 0.3), array(0.2, 1.5)], x.shape)
}

const clip: Layer = (model, x, dice) => {
  const low = model.plain || dice.chance(0.6) ? 0 : dice.between(-1, 0)
  const [from, to] = [model.floats([], () => low), model.floats([], () => dice.between(0.2, 1.5))]
  return model.emit('Clip', [x.name, !model.plain && dice.chance(0.1) ? '' : from, to], x.shape)
}

const relu: Layer = (model, x) => model.emit('Relu', [x.name], x.shape)

const leaky: Layer = (model, x, dice) => {
  if (dice.chance(0.5)) return model.emit('LeakyRelu', [x.name], x.shape, { alpha: dice.between(0, 0.4) })
  return model.emit(
    'PRelu',
    [x.name, model.floats([x.shape[0]!, ...x.shape.slice(1).map(() => 1)], () => dice.between(0, 0.4))],
    x.shape,
  )
}

const smooth: Layer = (model, x, dice) =>
  model.emit(
    dice.of(['Sigmoid', 'Tanh', 'Gelu', 'Softplus', 'HardSigmoid', 'Abs', 'Elu', 'HardSwish']),
    [x.name],
    x.shape,
  )

const pool: Layer = (model, x, dice) => {
  const windows = windowsOver(x, dice)
  if (!windows) return undefined
  const { kernel, stride, pads, out } = windows
  const op = dice.of(['MaxPool', 'AveragePool'])
  return model.emit(op, [x.name], [x.shape[0]!, ...out], {
    kernel_shape: kernel,
    strides: stride,
    pads: flat(pads),
    ...(op === 'AveragePool' && { count_include_pad: dice.whole(0, 1) }),
  })
}

const globalPool: Layer = (model, x, dice) => {
  if (x.shape.length < 2 || x.shape.length > 3) return undefined
  return model.emit(
    dice.of(['GlobalAveragePool', 'GlobalMaxPool']),
    [x.name],
    [x.shape[0]!, ...x.shape.slice(1).map(() => 1)],
  )
}

function factors(size: number, dice: Dice): number[] {
  const shape: number[] = []
  let rest = size
  for (let axis = dice.whole(1, 3); axis > 1; axis--) {
    const own = dice.of(Array.from({ length: rest }, (_, i) => i + 1).filter((n) => rest % n === 0))
    shape.push(own)
    rest /= own
  }
  return [...shape, rest]
}

const reshape: Layer = (model, x, dice) => {
  if (dice.chance(0.4)) return model.emit('Flatten', [x.name], [sizeOf(x.shape)])
  const shape = factors(sizeOf(x.shape), dice)
  return model.emit('Reshape', [x.name, model.ints([-1, ...shape])], shape)
}

const unsqueeze: Layer = (model, x, dice) => {
  if (x.shape.length > 2) return undefined
  const axis = dice.whole(0, x.shape.length)
  return model.emit(
    'Unsqueeze',
    [x.name, model.ints([axis + 1])],
    [...x.shape.slice(0, axis), 1, ...x.shape.slice(axis)],
  )
}

const transpose: Layer = (model, x, dice) => {
  if (x.shape.length < 2) return undefined
  const axes = [...x.shape.keys()]
    .map((axis) => [dice.next(), axis] as const)
    .sort(([a], [b]) => a - b)
    .map(([, axis]) => axis)
  return model.emit(
    'Transpose',
    [x.name],
    axes.map((axis) => x.shape[axis]!),
    { perm: [0, ...axes.map((axis) => axis + 1)] },
  )
}

const slice: Layer = (model, x, dice) => {
  const axis = dice.whole(0, x.shape.length - 1)
  const size = x.shape[axis]!
  const start = dice.whole(0, size - 1)
  const end = dice.whole(start + 1, size)
  return model.emit(
    'Slice',
    [x.name, model.ints([start]), model.ints([end]), model.ints([axis + 1])],
    withAxis(x.shape, axis, end - start),
  )
}

const gather: Layer = (model, x, dice) => {
  const axis = dice.whole(0, x.shape.length - 1)
  const indices = Array.from({ length: dice.whole(1, 4) }, () => dice.whole(0, x.shape[axis]! - 1))
  return model.emit('Gather', [x.name, model.ints(indices)], withAxis(x.shape, axis, indices.length), {
    axis: axis + 1,
  })
}

const pad: Layer = (model, x, dice) => {
  const pads = x.shape.map(() => [dice.whole(0, 1), dice.whole(0, 1)] as const)
  const value = model.plain || dice.chance(0.7) ? [] : [model.floats([], () => dice.between(-0.5, 0.5))]
  return model.emit(
    'Pad',
    [x.name, model.ints(flat([[0, 0], ...pads])), ...value],
    x.shape.map((n, i) => n + pads[i]![0] + pads[i]![1]),
  )
}

const resize: Layer = (model, x, dice) => {
  if (x.shape.length < 2) return undefined
  const scales = x.shape.map((_, i) => (i === 0 ? 1 : dice.whole(1, 2)))
  return model.emit(
    'Resize',
    [x.name, '', model.floats([scales.length + 1], (i) => [1, ...scales][i]!)],
    x.shape.map((n, i) => n * scales[i]!),
    { mode: 'nearest', nearest_mode: 'floor', coordinate_transformation_mode: 'asymmetric' },
  )
}

const depthToSpace: Layer = (model, x, dice) => {
  const [c, h, w] = x.shape as [number, number, number]
  if (x.shape.length !== 3 || c % 4 !== 0) return undefined
  return model.emit('DepthToSpace', [x.name], [c / 4, h * 2, w * 2], { blocksize: 2, mode: dice.of(['DCR', 'CRD']) })
}

const expand: Layer = (model, x, dice) => {
  const axis = x.shape.indexOf(1)
  if (axis < 0 || dice.chance(0.3)) {
    const tiled = dice.whole(0, x.shape.length - 1)
    return model.emit(
      'Tile',
      [x.name, model.ints([1, ...x.shape.map((_, i) => (i === tiled ? 2 : 1))])],
      withAxis(x.shape, tiled, x.shape[tiled]! * 2),
    )
  }
  const shape = withAxis(x.shape, axis, dice.whole(2, 3))
  return model.emit('Expand', [x.name, model.ints([1, ...shape])], shape)
}

const reduce: Layer = (model, x, dice) => {
  const axes = [...x.shape.keys()].filter(() => dice.chance(0.5))
  if (axes.length === 0) return undefined
  const keepdims = axes.length === x.shape.length ? 1 : dice.whole(0, 1)
  const shape = x.shape.flatMap((n, i) => (axes.includes(i) ? (keepdims === 1 ? [1] : []) : [n]))
  return model.emit(
    dice.of(model.plain ? ['ReduceMean', 'ReduceSum'] : ['ReduceMean', 'ReduceSum', 'ReduceMax', 'ReduceMin']),
    [x.name, model.ints(axes.map((axis) => axis + 1))],
    shape,
    { keepdims },
  )
}

/** A constant that broadcasts with the value; where an axis of the value is 1, it may be longer there. */
const withConstant: Layer = (model, x, dice) => {
  const own = x.shape.map((n) => (dice.chance(0.5) ? n : n === 1 && dice.chance(0.3) ? dice.whole(2, 3) : 1))
  const shape = x.shape.map((n, i) => Math.max(n, own[i]!))
  const short = own.every((n) => n === 1) && dice.chance(0.5)
  const op = dice.of(['Add', 'Sub', 'Mul', 'Div'])
  const operand = model.floats(short ? [] : [1, ...own], () =>
    op === 'Div' ? dice.between(0.6, 2) : dice.between(-1, 1),
  )
  return model.emit(
    op,
    (op !== 'Div' || (!model.plain && dice.chance(0.2))) && dice.chance(0.5) ? [operand, x.name] : [x.name, operand],
    shape,
  )
}

const withOther: Layer = (model, x, dice) => {
  const fits = model.values.filter(
    ({ shape }) =>
      shape.length === x.shape.length &&
      shape.every((n, i) => n === x.shape[i] || (!model.plain && (n === 1 || x.shape[i] === 1))),
  )
  const other = dice.of(fits)
  return model.emit(
    model.plain ? 'Add' : dice.of(['Add', 'Add', 'Add', 'Sub', 'Mul', 'Max']),
    dice.chance(0.5) ? [x.name, other.name] : [other.name, x.name],
    x.shape.map((n, i) => Math.max(n, other.shape[i]!)),
  )
}

const concat: Layer = (model, x, dice) => {
  const axis = dice.whole(0, x.shape.length - 1)
  const other = dice.of(
    model.values.filter(
      ({ shape }) => shape.length === x.shape.length && shape.every((n, i) => i === axis || n === x.shape[i]),
    ),
  )
  return model.emit('Concat', [x.name, other.name], withAxis(x.shape, axis, x.shape[axis]! + other.shape[axis]!), {
    axis: axis + 1,
  })
}

const product: Layer = (model, x, dice) => {
  if (x.shape.length < 2) return undefined
  const axes = [...x.shape.keys()]
  const turned = model.emit('Transpose', [x.name], [...x.shape.slice(0, -2), x.shape.at(-1)!, x.shape.at(-2)!], {
    perm: [0, ...axes.slice(0, -2).map((axis) => axis + 1), axes.length, axes.length - 1],
  })
  const scores = model.emit('MatMul', [x.name, turned.name], [...x.shape.slice(0, -1), x.shape.at(-2)!])
  const soft = dice.chance(0.6) ? model.emit('Softmax', [scores.name], scores.shape) : scores
  return model.emit('MatMul', [soft.name, x.name], x.shape)
}

const normalise: Layer = (model, x, dice) => {
  if (dice.chance(0.3)) return model.emit('Softmax', [x.name], x.shape, { axis: dice.whole(1, x.shape.length) })
  const last = x.shape.at(-1)!
  return last < 3
    ? undefined
    : model.emit(
        'LayerNormalization',
        [x.name, model.floats([last], () => dice.between(0.5, 1)), model.floats([last], () => dice.between(-0.3, 0.3))],
        x.shape,
        { axis: -1, epsilon: 0.1 },
      )
}

/** What a constant chooses among values, or sums of them. */
const fixedMap: Layer = (model, x, dice) => {
  const op = dice.of(['Where', 'Where', 'CumSum', 'Trilu'])
  if (op === 'CumSum')
    return model.emit(op, [x.name, model.scalarInt(dice.whole(1, x.shape.length))], x.shape, {
      exclusive: dice.whole(0, 1),
      reverse: dice.whole(0, 1),
    })
  if (op === 'Trilu')
    return x.shape.length < 2
      ? undefined
      : model.emit(op, [x.name, model.scalarInt(dice.whole(-1, 1))], x.shape, { upper: dice.whole(0, 1) })
  const condition = model.bools([1, ...x.shape.map((n) => (dice.chance(0.7) ? n : 1))], () => dice.chance(0.6))
  const other = dice.chance(0.5)
    ? model.floats([], () => dice.between(-0.5, 0.5))
    : dice.of(model.values.filter(({ shape }) => shape.join() === x.shape.join())).name
  return model.emit(op, [condition, ...(dice.chance(0.5) ? [x.name, other] : [other, x.name])], x.shape)
}

const nothing: Layer = (model, x, dice) => model.emit(dice.of(['Identity', 'Dropout']), [x.name], x.shape)

/** Weights and activations come often, the rest now and then. */
const plainLayers: readonly Layer[] = [
  matMul,
  matMul,
  matMul,
  matMul,
  conv,
  conv,
  conv,
  conv,
  relu,
  relu,
  relu,
  relu,
  relu,
  relu,
  clip,
  clip,
  batchNorm,
  batchNorm,
  batchNorm,
  withOther,
  withOther,
  withOther,
  convTranspose,
  pool,
  pool,
  globalPool,
  reshape,
  reshape,
  unsqueeze,
  transpose,
  transpose,
  slice,
  gather,
  pad,
  resize,
  depthToSpace,
  expand,
  reduce,
  withConstant,
  withConstant,
  concat,
  fixedMap,
  fixedMap,
  nothing,
]
const allLayers: readonly Layer[] = [...plainLayers, leaky, smooth, product, normalise]

function makeModel({ sample, data, frame, layers }: Draw): RandomModel {
  const shape = samples[sample % samples.length]!
  const dice = new Dice(frame)
  const model = new Model(shape, dice.chance(0.65))
  let x = model.values[0]!
  const add = (next: Value | undefined): void => {
    if (!next || sizeOf(next.shape) > most) return
    model.values.push(next)
    x = next
  }
  const weighted = dice.chance(0.8)
  if (weighted) {
    add(dice.of([matMul, conv])(model, x, dice))
    add(relu(model, x, dice))
  }
  const table = model.plain ? plainLayers : allLayers
  for (const [layer, seed] of layers) add(table[layer % table.length]!(model, x, new Dice(seed)))
  if (model.nodes.length === 0) add(relu(model, x, dice))
  if (weighted) {
    if (x.shape.length > 1) x = model.emit('Flatten', [x.name], [sizeOf(x.shape)])
    x = matMul(model, x, dice)!
    if (dice.chance(0.2)) x = model.emit('Softmax', [x.name], x.shape)
  }
  const bytes = writeOnnx({
    inputs: [{ name: 'x', dtype: 'float32', shape: ['N', ...shape] }],
    outputs: [{ name: x.name, dtype: 'float32', shape: undefined }],
    nodes: model.nodes,
    constants: model.constants,
    opset: 20,
  })
  const text = `[${shape.join(',')}] ${model.nodes.map(({ op, inputs, outputs }) => `${outputs.join()} = ${op}(${inputs.map((name) => (name in model.constants ? `[${model.constants[name]!.shape.join(',')}]` : name)).join(', ')})`).join('; ')}`
  return { bytes, x: samplesFrom(shape, new Dice(data)), [fc.toStringMethod]: () => text }
}

/** Five samples: all different, two of them the same, all the same, each constant, or of no negative number. */
function samplesFrom(shape: readonly number[], dice: Dice): RandomModel['x'] {
  const count = 5
  const size = sizeOf(shape)
  const kind = dice.whole(0, 6)
  const low = kind === 1 ? 0 : -1.2
  const rows = Array.from({ length: count }, () => {
    const value = dice.between(low, 1.2)
    return Float32Array.from({ length: size }, () => (kind === 2 ? value : dice.between(low, 1.2)))
  })
  const data = new Float32Array(count * size)
  for (let n = 0; n < count; n++) data.set(rows[kind === 3 ? 0 : kind === 4 && n === 3 ? 1 : n]!, n * size)
  return { data, shape: [count, ...shape], dtype: 'float32' }
}
