import { formatDims, isStatic, product } from '../dim.js'
import type { Dim } from '../graph.js'
import type { Result, Rule } from '../read/builder.js'
import type { Call } from '../read/call.js'
import { filled, like } from './elementwise.js'
import { sameDim } from './shapes.js'

/** Y = scale (X - mean) / sqrt(var + epsilon) + B with X [N, C, ...] and the others [C]: the form for inference. */
function batchNormalization(call: Call): Result {
  const shape = call.shape(0)
  const training = call.int('training_mode', 0) !== 0 || [1, 2, 3, 4].some((i) => call.used(i))
  if (training)
    call.refuse(
      'it is in training mode',
      'Export the model in evaluation mode (model.eval() in PyTorch, training=False in Keras).',
    )
  if (call.opset < 9 && call.int('spatial', 1) === 0)
    call.refuse('it normalises each place on its own (spatial = 0)', 'Export the model with a current exporter.')
  const channels = shape[1] ?? call.fail(`input of shape ${formatDims(shape)}, expected [N, C, ...]`)
  for (let i = 1; i < 5; i++) {
    const what = (): string => `input ${i} of shape ${formatDims(call.shape(i))} for ${channels} channels`
    if (call.rank(i) !== 1) call.fail(what())
    sameDim(call, call.shape(i)[0]!, channels, what)
  }
  return like(call, { epsilon: call.float('epsilon', 1e-5) })
}

/** Normalises over the axes from `axis` on; outputs are the result, the mean and the inverse deviation. */
function layerNormalization(call: Call): Result {
  const shape = call.shape(0)
  const axis = call.axis(call.int('axis', -1), shape.length)
  const statistics = shape.map((d, i) => (i < axis ? d : 1))
  const dtype = call.dtype(0)
  return {
    outputs: [
      { dtype, shape },
      { dtype, shape: statistics },
      { dtype, shape: statistics },
    ],
    attributes: { axis, epsilon: call.float('epsilon', 1e-5), stash_type: 1 },
  }
}

/** Before opset 21 scale and bias had one number a group. */
function groupNormalization(call: Call): Result {
  const groups = call.int('num_groups')
  const result = like(call, { epsilon: call.float('epsilon', 1e-5), num_groups: groups, stash_type: 1 })
  if (call.opset >= 21) return result
  const channels = call.shape(0)[1]
  const perChannel = [1, 2].map((i) => {
    const constant = call.constant(i)
    if (!constant || typeof channels !== 'number' || channels % groups !== 0 || constant.data.length !== groups)
      return call.refuse(
        'before opset 21 its scale and bias are one number a group',
        'Export the model with opset 21 or newer.',
      )
    return call.addNumbers(
      i === 1 ? 'scale' : 'bias',
      Array.from({ length: channels }, (_, c) => Number(constant.data[Math.floor((c * groups) / channels)])),
      constant.dtype,
    )
  })
  return { ...result, inputs: [call.input(0), ...perChannel] }
}

/**
 * Along one axis. Before opset 13 it ran over all axes from `axis` (default 1) on: the same where only one of them is
 * longer than 1, else a Reshape to a matrix, a Softmax over its rows, and a Reshape back.
 */
function softmax(call: Call): Result {
  const shape = call.shape(0)
  const { op } = call.node
  if (call.opset >= 13) return like(call, { axis: call.axis(call.int('axis', -1), shape.length) })
  const axis = call.axis(call.int('axis', 1), shape.length)
  const long = shape.flatMap((d, i) => (i >= axis && d !== 1 ? [i] : []))
  if (long.length <= 1) return like(call, { axis: long[0] ?? axis })
  const last: Dim = product(shape.slice(axis))
  const free = shape.flatMap((d, i) => (typeof d === 'string' ? [i] : []))
  if (typeof last === 'string' || free.some((i) => i > 0) || !isStatic(shape.slice(1))) {
    return call.refuse(
      `it runs over axes ${axis} to ${shape.length - 1} of ${formatDims(shape)}`,
      'Export the model with opset 13 or newer.',
    )
  }
  const rows = call.before('Reshape', [call.input(0), call.addNumbers('rows', [-1, last])])
  const result = call.before(op, [rows], { axis: 1 })
  return {
    op: 'Reshape',
    inputs: [
      result,
      call.addNumbers(
        'shape',
        shape.map((d) => (typeof d === 'number' ? d : -1)),
      ),
    ],
    outputs: [{ dtype: call.dtype(0), shape }],
  }
}

function withAttributes(defaults: Readonly<Record<string, number | string>>): Rule {
  return (call) => like(call, filled(call, defaults))
}

export const normalization: Readonly<Record<string, Rule>> = {
  BatchNormalization: batchNormalization,
  LayerNormalization: layerNormalization,
  GroupNormalization: groupNormalization,
  InstanceNormalization: withAttributes({ epsilon: 1e-5 }),
  LpNormalization: withAttributes({ axis: -1, p: 2 }),
  RMSNormalization: withAttributes({ axis: -1, epsilon: 1e-5, stash_type: 1 }),
  LRN: (call) => like(call, { ...filled(call, { alpha: 0.0001, beta: 0.75, bias: 1 }), size: call.int('size') }),
  MeanVarianceNormalization: (call) => like(call, { axes: call.ints('axes', [0, 2, 3]) }),
  Softmax: softmax,
  LogSoftmax: softmax,
  Hardmax: softmax,
}
