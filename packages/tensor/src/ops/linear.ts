import { build } from '../build.js'
import { checkObject, checkTensor, describeValue, wrongArgument } from '../check.js'
import { SnnError } from '../error.js'
import type { Padding } from '../primitive.js'
import { formatShape } from '../shape.js'
import type { Tensor } from '../tensor.js'
import { hoist } from './hoist.js'

/** One number for all spatial axes, or one per axis. */
export type PerAxis = number | readonly number[]

/** Padding of spatial axes: one number for all, one per axis, or [low, high] per axis. */
export type PaddingOption = number | readonly (number | Padding)[]

/** `value` for each of `axes` spatial axes. Throws `ARGUMENT` unless all are positive whole numbers. */
export function perAxis(value: PerAxis, axes: number, name: string): readonly number[] {
  checkAxes(axes)
  const list = typeof value === 'number' ? Array<number>(axes).fill(value) : value
  if (!Array.isArray(list) || list.length !== axes || !list.every((n) => Number.isSafeInteger(n) && n > 0)) {
    throw new SnnError(
      'ARGUMENT',
      `[window] ${name} ${written(value)}, expected a positive whole number or ${axes} of them.`,
      { name, value },
    )
  }
  return [...(list as readonly number[])]
}

/**
 * `value` as [low, high] for each of `axes` spatial axes. Throws `ARGUMENT` unless all are whole numbers of at least 0.
 */
export function paddingPerAxis(value: PaddingOption, axes: number): readonly Padding[] {
  checkAxes(axes)
  const list: readonly (number | Padding)[] =
    typeof value === 'number' ? Array<number>(axes).fill(value) : Array.isArray(value) ? value : []
  const pairs = list.map((n): Padding =>
    Array.isArray(n) ? [n[0] as number, n[1] as number] : [n as number, n as number],
  )
  if (pairs.length !== axes || !pairs.flat().every((n) => Number.isSafeInteger(n) && n >= 0)) {
    throw new SnnError(
      'ARGUMENT',
      `[window] padding ${written(value)}, expected a whole number of at least 0, or ${axes} of them or of pairs.`,
      { name: 'padding', value },
    )
  }
  return pairs
}

function checkAxes(axes: number): void {
  if (!(Number.isSafeInteger(axes) && axes >= 0 && axes <= mostAxes))
    throw wrongArgument('window', 'axes', axes, `a whole number from 0 to ${mostAxes}`)
}

/** Of a window. */
const mostAxes = 32

/** Numbers as they are given; of anything else what it is. */
function written(value: unknown): string {
  return JSON.stringify(value, (_, own: unknown) =>
    typeof own === 'number' || Array.isArray(own) ? own : describeValue(own),
  )
}

/** Matrix product over the last two axes; leading axes broadcast. */
export function matmul(a: Tensor, b: Tensor): Tensor {
  checkTensor('matmul', a, 'a')
  checkTensor('matmul', b, 'b')
  const limit = b.shape.length === 2 ? a.shape.length - 2 : 0
  return hoist(a, limit, (inner) => build('matmul', [inner, b], {}))
}

/** Options of `conv`. Default: stride 1, no padding, dilation 1, one group. */
export interface ConvOptions {
  readonly stride?: PerAxis
  readonly padding?: PaddingOption
  readonly dilation?: PerAxis
  readonly groups?: number
}

function window(options: ConvOptions, axes: number) {
  return {
    stride: perAxis(options.stride ?? 1, axes, 'stride'),
    padding: paddingPerAxis(options.padding ?? 0, axes),
    dilation: perAxis(options.dilation ?? 1, axes, 'dilation'),
    groups: options.groups ?? 1,
  }
}

/**
 * Convolution (cross-correlation) over one or more axes, by the rank of the weight:
 * x [.., C, spatial] with weight [O, C / groups, kernel] -> [.., O, spatial'], any leading axes,
 * spatial' = floor((spatial + padding - dilation (kernel - 1) - 1) / stride) + 1.
 */
export function conv(x: Tensor, weight: Tensor, options: ConvOptions = {}): Tensor {
  checkTensor('conv', x, 'x')
  checkTensor('conv', weight, 'weight')
  checkObject('conv', options)
  const axes = weight.shape.length - 2
  const attributes = window(options, axes)
  return hoist(x, x.shape.length - axes - 2, (inner) => build('conv', [inner, weight], attributes))
}

/** Options of `convTranspose`. */
export interface ConvTransposeOptions extends ConvOptions {
  /** Values added behind, below the stride: what a convolution with this window would not reach. Default 0. */
  readonly outputPadding?: PerAxis
}

/**
 * Transposed convolution, the gradient of `conv` by its input: x [.., C, spatial] with weight [C, O / groups, kernel]
 * -> [.., O, spatial'], any leading axes, spatial' = (spatial - 1) stride - padding + dilation (kernel - 1) + 1 +
 * outputPadding.
 *
 * @throws `SHAPE` for channels that do not fit, `ARGUMENT` for an output padding that is not below the stride
 */
export function convTranspose(x: Tensor, weight: Tensor, options: ConvTransposeOptions = {}): Tensor {
  checkTensor('convTranspose', x, 'x')
  checkTensor('convTranspose', weight, 'weight')
  checkObject('convTranspose', options)
  const axes = weight.shape.length - 2
  const attributes = window(options, axes)
  const { outputPadding = 0 } = options
  const extra = typeof outputPadding === 'number' ? attributes.stride.map(() => outputPadding) : outputPadding
  if (extra.length !== axes || !extra.every((n, i) => Number.isSafeInteger(n) && n >= 0 && n < attributes.stride[i]!)) {
    throw new SnnError(
      'ARGUMENT',
      `[convTranspose] outputPadding ${JSON.stringify(outputPadding)} with stride ${JSON.stringify(attributes.stride)}, expected whole numbers of at least 0 below the stride. Correct it.`,
      { name: 'outputPadding', value: outputPadding },
    )
  }
  const places = x.shape.slice(-axes)
  const spatial = attributes.stride.map((stride, i) => {
    const [low, high] = attributes.padding[i]!
    return (places[i]! - 1) * stride - low - high + attributes.dilation[i]! * (weight.shape[i + 2]! - 1) + 1 + extra[i]!
  })
  const fits =
    axes >= 1 &&
    x.shape.length >= axes + 2 &&
    x.shape.at(-axes - 1) === weight.shape[0] &&
    weight.shape[0]! % attributes.groups === 0
  if (!fits || spatial.some((n) => n < 1)) {
    throw new SnnError(
      'SHAPE',
      `[convTranspose] shapes ${formatShape(x.shape)} and ${formatShape(weight.shape)}, expected x [.., C, spatial] and weight [C, O / ${attributes.groups}, kernel], with more values than the padding takes away.`,
      { shapes: [x.shape, weight.shape] },
    )
  }
  return hoist(x, x.shape.length - axes - 2, (inner) =>
    build('convInputGradient', [inner, weight], { ...attributes, spatial }),
  )
}
