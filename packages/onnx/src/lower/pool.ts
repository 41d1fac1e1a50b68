import { sizeOf, type Padding, type Shape, type Tensor } from '@snn/tensor'
import type { Primitives } from '@snn/tensor/backend'
import type { Emitter, Lowering } from './emitter.js'
import { emitConvTranspose, pads, withOneLeadingAxis } from './linear.js'
import { isPlane } from './patterns.js'

/** ONNX Runtime takes padding below the kernel size only; more is put on beforehand. */
function tooWide(padding: readonly Padding[], kernel: readonly number[]): boolean {
  return padding.some(([low, high], i) => low >= kernel[i]! || high >= kernel[i]!)
}

function padSpatial(name: string, padding: readonly Padding[], value: number, emitter: Emitter): string {
  const rest = [0, 0]
  return emitter.emit('Pad', [
    name,
    emitter.ints([...rest, ...padding.map(([low]) => low), ...rest, ...padding.map(([, high]) => high)]),
    emitter.scalar('float32', value),
  ])
}

/**
 * `operation` on planes [N, C, spatial]. ONNX Runtime keeps channels in blocks between convolutions and pooling; where
 * the input comes from elsewhere, changing its layout costs more than the pooling, so each plane becomes a sample of
 * one channel.
 */
function onPlanes(
  x: Tensor,
  spatialAxes: number,
  outShape: Shape,
  emitter: Emitter,
  operation: (name: string) => string,
): string {
  if (isPlane(x, emitter)) return withOneLeadingAxis(x, spatialAxes, outShape, emitter, operation)
  const spatial = x.shape.slice(-spatialAxes)
  const planes = sizeOf(x.shape.slice(0, -spatialAxes))
  return emitter.reshape(operation(emitter.reshape(emitter.name(x), [planes, 1, ...spatial])), outShape)
}

const none = (padding: readonly Padding[]): Padding[] => padding.map(() => [0, 0])

/**
 * MaxPool on [N, C, spatial]; returns values and, when asked, indices into the (padded) plane, and the padding put on
 * beforehand.
 */
function emitMaxPool(
  name: string,
  { kernel, stride, padding, dilation }: Primitives['maxPool'],
  outputs: 1 | 2,
  emitter: Emitter,
) {
  const wide = tooWide(padding, kernel)
  const x = wide ? padSpatial(name, padding, -Infinity, emitter) : name
  const attributes = {
    kernel_shape: kernel,
    strides: stride,
    pads: pads(wide ? none(padding) : padding),
    dilations: dilation,
  }
  const [values, indices] = emitter.emitMany('MaxPool', [x], attributes, outputs)
  return { values: values!, indices, padded: wide ? padding : none(padding) }
}

const maxPool: Lowering<'maxPool'> = (node, emitter) =>
  onPlanes(
    node.inputs[0]!,
    node.attributes.kernel.length,
    node.outputs[0]!.shape,
    emitter,
    (name) => emitMaxPool(name, node.attributes, 1, emitter).values,
  )

/** ONNX counts over the whole tensor; we over the plane, without padding. */
const argmaxPool: Lowering<'argmaxPool'> = (node, emitter) => {
  const x = node.inputs[0]!
  const axes = node.attributes.kernel.length
  const spatial = x.shape.slice(-axes)
  return withOneLeadingAxis(x, axes, node.outputs[0]!.shape, emitter, (name) => {
    const { indices, padded } = emitMaxPool(name, node.attributes, 2, emitter)
    const int64 = (value: number): string =>
      emitter.constant({ dtype: 'int64', shape: [], data: BigInt64Array.of(BigInt(value)) })
    const sizes = spatial.map((n, i) => n + padded[i]![0] + padded[i]![1])
    let rest = emitter.emit('Mod', [indices!, int64(sizeOf(sizes))])
    if (sizeOf(sizes) !== sizeOf(spatial)) {
      let index: string | undefined
      for (let i = axes - 1, step = 1; i >= 0; step *= spatial[i--]!) {
        const at = emitter.emit('Sub', [emitter.emit('Mod', [rest, int64(sizes[i]!)]), int64(padded[i]![0])])
        const part = emitter.emit('Mul', [at, int64(step)])
        index = index === undefined ? part : emitter.emit('Add', [index, part])
        rest = emitter.emit('Div', [rest, int64(sizes[i]!)])
      }
      rest = index!
    }
    return emitter.cast(rest, 'int32')
  })
}

/** How many values, padding left out, each window averages, as [spatial']. */
function counts(
  { kernel, stride, padding }: Primitives['averagePool'],
  spatial: Shape,
  outSpatial: Shape,
): Float32Array {
  let all = Float32Array.of(1)
  outSpatial.forEach((size, axis) => {
    const along = Array.from({ length: size }, (_, i) => {
      const start = i * stride[axis]! - padding[axis]![0]
      return Math.max(0, Math.min(start + kernel[axis]!, spatial[axis]!) - Math.max(start, 0))
    })
    all = Float32Array.from([...all].flatMap((n) => along.map((m) => n * m)))
  })
  return all
}

const averagePool: Lowering<'averagePool'> = (node, emitter) => {
  const { kernel, stride, padding, countIncludePad } = node.attributes
  return onPlanes(node.inputs[0]!, kernel.length, node.outputs[0]!.shape, emitter, (name) => {
    const wide = countIncludePad && tooWide(padding, kernel)
    return emitter.emit('AveragePool', [wide ? padSpatial(name, padding, 0, emitter) : name], {
      kernel_shape: kernel,
      strides: stride,
      pads: pads(wide ? none(padding) : padding),
      count_include_pad: countIncludePad ? 1 : 0,
    })
  })
}

const averagePoolGradient: Lowering<'averagePoolGradient'> = (node, emitter) => {
  const dy = node.inputs[0]!
  const { kernel, stride, padding, countIncludePad, spatial } = node.attributes
  const axes = kernel.length
  const outSpatial = dy.shape.slice(-axes)
  const planes = sizeOf(dy.shape.slice(0, -axes))
  const out = node.outputs[0]!.shape
  let name = emitter.name(dy)

  if (
    kernel.every((n, i) => n === stride[i] && spatial[i] === n * outSpatial[i]!) &&
    padding.flat().every((n) => n === 0)
  ) {
    // Windows that tile the plane: each value is repeated over its window.
    const spread = emitter.reshape(emitter.emit('Mul', [name, emitter.scalar('float32', 1 / sizeOf(kernel))]), [
      planes,
      ...outSpatial.flatMap((n) => [n, 1]),
    ])
    return emitter.reshape(
      emitter.emit('Expand', [spread, emitter.ints([planes, ...outSpatial.flatMap((n, i) => [n, kernel[i]!])])]),
      out,
    )
  }

  const share = countIncludePad ? undefined : counts(node.attributes, spatial, outSpatial).map((n) => 1 / n)
  if (share) name = emitter.emit('Mul', [name, emitter.host(share, outSpatial, 'float32')])
  const weight = emitter.host(
    new Float32Array(sizeOf(kernel)).fill(share ? 1 : 1 / sizeOf(kernel)),
    [1, 1, ...kernel],
    'float32',
  )
  const window = { stride, padding, dilation: kernel.map(() => 1), groups: 1 }
  const flat = emitter.reshape(name, [planes, 1, ...outSpatial])
  return emitter.reshape(emitConvTranspose(flat, outSpatial, weight, kernel, spatial, window, emitter), out)
}

export const pool = { maxPool, argmaxPool, averagePool, averagePoolGradient }
