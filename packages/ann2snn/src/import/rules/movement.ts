import { standing, type Call, type Rule } from '../call.js'
import type { Source } from '../draft.js'
import { elementsBefore, rankOf, sameBatch, sampleAxis, withElementsBefore } from '../layout.js'
import { ownElements } from './own-elements.js'
import { pairs } from './window.js'

const reshape: Rule = (call) => {
  const x = call.activation(0)
  call.layout = withElementsBefore(call.output(), elementsBefore(x.layout)) ?? call.refuseBatch()
  return call.reshape(x.source, call.layout.shape)
}

const transpose: Rule = (call) => {
  const x = call.activation(0)
  const permutation = call.ints('perm').flatMap((axis) => {
    const at = sampleAxis(x.layout, axis)
    return at !== undefined ? [at] : x.layout.inner > 1 ? [axis] : []
  })
  return permutation.every((axis, i) => axis === i)
    ? x.source
    : call.emit('transpose', 'transpose', [x.source], { permutation })
}

/** A part along one axis; backwards too. */
function part(
  call: Call,
  source: Source,
  from: readonly number[],
  axis: number,
  start: number,
  end: number,
  step: number,
): Source {
  const size = from[axis]!
  const length = Math.max(0, Math.ceil((end - start) / step))
  if (length === 0) return call.refuse('nothing is left of it', 'Check the model.')
  if (length === size && step === 1) return source
  const shape = from.map((n, i) => (i === axis ? length : n))
  if (step > 0) return call.emit('slice', 'slice', [source], { axis, start, end: Math.min(end, size), step }, { shape })
  return selection(
    call,
    source,
    from,
    axis,
    Array.from({ length }, (_, i) => start + i * step),
  )
}

/** The entries `list` along one axis. */
function selection(call: Call, source: Source, from: readonly number[], axis: number, list: readonly number[]): Source {
  const shape = from.map((n, i) => (i === axis ? list.length : n))
  return call.emit('gather', 'gather', [source], { indices: from.map((_, i) => (i === axis ? list : null)) }, { shape })
}

const slice: Rule = (call) => {
  const x = call.activation(0)
  const [starts, ends, axes, steps] = [
    call.numbers(1, 'starts'),
    call.numbers(2, 'ends'),
    call.numbers(3, 'axes'),
    call.numbers(4, 'steps'),
  ]
  let source = x.source
  const shape = [...x.layout.shape]
  axes.forEach((onnxAxis, i) => {
    const [start, end, step] = [starts[i]!, ends[i]!, steps[i]!]
    if (sampleAxis(x.layout, onnxAxis) === undefined && start === 0 && end >= 2 ** 31 - 1 && step === 1) return
    const axis = call.axis(0, onnxAxis)
    const size = shape[axis]!
    source = part(call, source, shape, axis, start, end < 0 ? end + size : end, step)
    shape[axis] = Math.ceil(((end < 0 ? end + size : end) - start) / step)
  })
  return source
}

const split: Rule = (call) => {
  const x = call.activation(0)
  const axis = call.axis(0, call.int('axis', 0))
  let start = 0
  return call.numbers(1, 'sizes').map((size) => {
    start += size
    return size === 0 ? x.source : part(call, x.source, x.layout.shape, axis, start - size, start, 1)
  })
}

/**
 * With constant indices: a part of an axis, or entries picked from it; a single index removes the axis. See also
 * `ownElements`.
 */
const gather: Rule = (call) => {
  if (call.isConstant(0))
    return call.refuse(
      'it looks rows of a table up by whole numbers, as an embedding of token ids does',
      'Export the part behind it, which takes floats.',
    )
  const x = call.activation(0)
  const own = call.isConstant(1) ? undefined : ownElements(call)
  if (own) {
    const isWhole = own.length === x.layout.inner && own.every((at, i) => at === i)
    const picked = isWhole ? x.source : selection(call, x.source, x.layout.shape, 0, own)
    const { shape } = call.output()
    return shape.length === 1 ? picked : call.reshape(picked, shape)
  }
  const axis = call.axis(0, call.int('axis', 0))
  const list = call.numbers(1, 'indices')
  if (list.length > 2 ** 20) return call.refuse(`it picks ${list.length} entries`, 'Pick at most 2^20.')
  const contiguous = list.every((n, i) => n === list[0]! + i)
  const picked =
    contiguous && list.length > 0
      ? part(call, x.source, x.layout.shape, axis, list[0]!, list[0]! + list.length, 1)
      : selection(call, x.source, x.layout.shape, axis, list)
  return call.reshape(picked, call.output().shape)
}

/** With constant indices into axes that are not the batch: entries picked from these axes as one. */
const gatherNd: Rule = (call) => {
  const x = call.activation(0)
  const indices = call.constant(1, 'indices')
  const depth = indices.shape.at(-1) ?? 0
  const skipped = call.int('batch_dims', 0)
  const list = call.numbers(1, 'indices')
  if (list.length > 2 ** 20) return call.refuse(`it picks ${list.length / depth} entries`, 'Pick at most 2^20.')
  if (skipped > 0) return call.refuse('its indices differ from sample to sample', 'Export the model with batch_dims 0.')
  const axes = Array.from({ length: depth }, (_, onnxAxis) => call.axis(0, onnxAxis))
  const sizes = axes.map((axis) => x.layout.shape[axis]!)
  const flat = Array.from({ length: list.length / depth }, (_, i) =>
    sizes.reduce((at, size, k) => {
      const index = list[i * depth + k]!
      return at * size + (index < 0 ? index + size : index)
    }, 0),
  )
  const joined = [sizes.reduce((a, b) => a * b, 1), ...x.layout.shape.slice(depth)]
  const source = depth === 1 ? x.source : call.reshape(x.source, joined)
  return call.reshape(selection(call, source, joined, 0, flat), call.output().shape)
}

const pad: Rule = (call) => {
  const x = call.activation(0)
  const mode = call.string('mode', 'constant')
  const padding = x.layout.shape.map((): readonly [number, number] => [0, 0])
  pairs(call.numbers(1, 'pads')).forEach(([low, high], onnxAxis) => {
    if (low === 0 && high === 0) return
    padding[call.axis(0, onnxAxis)] = [low, high]
  })
  let source = x.source
  const shape = [...x.layout.shape]
  padding.forEach(([low, high], axis) => {
    if (low >= 0 && high >= 0) return
    const [start, end] = [Math.max(0, -low), shape[axis]! + Math.min(0, high)]
    source = part(call, source, shape, axis, start, end, 1)
    shape[axis] = end - start
  })
  const added = padding.map(([low, high]) => [Math.max(0, low), Math.max(0, high)] as const)
  if (added.every(([low, high]) => low === 0 && high === 0)) return source
  if (mode !== 'constant')
    return call.emit('pad', 'gather', [source], {
      indices: added.map(([low, high], axis) =>
        low + high === 0 ? null : borderIndices(call, mode, shape[axis]!, low, high),
      ),
    })
  const value = standing(x, call.has(2) ? call.numbers(2, 'value')[0]! : 0)
  if (!Number.isFinite(value))
    return call.refuse(`it pads with ${value}`, 'Use the padding of the pooling layer itself.')
  return call.emit('pad', 'pad', [source], { padding: added, value })
}

/** What of an axis of `size` stands at each place of the axis with a border that repeats it. */
function borderIndices(call: Call, mode: string, size: number, low: number, high: number): number[] {
  const modulo = (i: number, n: number): number => ((i % n) + n) % n
  const at = (i: number): number => {
    switch (mode) {
      case 'edge':
        return Math.min(Math.max(i, 0), size - 1)
      case 'wrap':
        return modulo(i, size)
      case 'reflect': {
        const period = Math.max(1, 2 * (size - 1))
        return Math.min(modulo(i, period), period - modulo(i, period))
      }
      default:
        return call.refuse(`its mode is ${mode}`, "Pad with mode 'constant', 'reflect', 'edge' or 'wrap'.")
    }
  }
  return Array.from({ length: low + size + high }, (_, i) => at(i - low))
}

const concat: Rule = (call) => {
  const out = call.output()
  const onnxAxis = call.int('axis')
  const axis = sampleAxis(out, onnxAxis < 0 ? onnxAxis + rankOf(out) : onnxAxis) ?? call.refuseBatch()
  const first = call.node.inputs.findIndex((_, i) => !call.isConstant(i))
  const sources = call.node.inputs.map((_, i): Source => {
    if (!call.isConstant(i)) {
      const x = call.activation(i)
      return sameBatch(x.layout, out) ? call.numbersOf(x, call.activation(first).quantization) : call.refuseBatch()
    }
    return call.refuse(
      'it joins a constant whose batch is fixed to the values of the network',
      'Export the model with a free batch size.',
    )
  })
  return first < 0
    ? call.refuse('all its inputs are constant', 'Simplify the model with onnxsim.')
    : call.emit('concat', 'concat', sources, { axis })
}

/** Sizes that depend on the batch alone: the same constant for every sample. */
const constantOfShape: Rule = (call) => {
  const { shape } = call.output()
  const value = call.node.attributes['value'] as { readonly data: ArrayLike<number | bigint> } | undefined
  const scalar = { data: new Float32Array([Number(value?.data[0] ?? 0)]), shape: [] }
  return parameter(call, scalar, shape)
}

/** A constant for every sample, broadcast to `shape`. */
function parameter(
  call: Call,
  value: { readonly data: Float32Array; readonly shape: readonly number[] },
  shape: readonly number[],
): Source {
  const constant = call.emit(
    'parameter',
    'parameter',
    [call.progress.anyInput],
    {},
    { arrays: { value }, shape: value.shape },
  )
  return value.shape.join() === shape.join()
    ? constant
    : call.emit('broadcast', 'broadcast', [constant], { shape }, { shape })
}

const expand: Rule = (call) => {
  const out = call.output()
  if (call.isConstant(0)) {
    const { data, shape } = call.array(0, 'input')
    const at = shape.length - (rankOf(out) - out.axis)
    if (at >= 0 && shape[at] !== 1) return call.refuseBatch()
    const kept = shape.filter((_, i) => i !== at || out.inner > 1)
    return parameter(call, { data, shape: kept }, out.shape)
  }
  const x = call.activation(0)
  if (!sameBatch(x.layout, out)) return call.refuseBatch()
  return call.emit('broadcast', 'broadcast', [x.source], { shape: out.shape })
}

const tile: Rule = (call) => {
  const x = call.activation(0)
  let source = x.source
  const shape = [...x.layout.shape]
  call.numbers(1, 'repeats').forEach((count, onnxAxis) => {
    if (count === 1) return
    if (count < 1 || count > 4096) return call.refuse(`it repeats ${count} times`, 'Repeat 1 to 4096 times.')
    const axis = call.axis(0, onnxAxis)
    shape[axis] = shape[axis]! * count
    source = call.emit(
      'concat',
      'concat',
      Array.from({ length: count }, () => source),
      { axis },
      { shape: [...shape] },
    )
  })
  return source
}

/** Moves blocks of channels to places or back: reshape, transpose, reshape. */
const spaceDepth: Rule = (call) => {
  const x = call.batched(0, 3)
  const [c, h, w] = x.layout.shape as [number, number, number]
  const b = call.int('blocksize')
  const plan = (): readonly [split: readonly number[], permutation: readonly number[]] => {
    if (call.node.op === 'SpaceToDepth')
      return [
        [c, h / b, b, w / b, b],
        [2, 4, 0, 1, 3],
      ]
    return call.string('mode', 'DCR') === 'CRD'
      ? [
          [c / b / b, b, b, h, w],
          [0, 3, 1, 4, 2],
        ]
      : [
          [b, b, c / b / b, h, w],
          [2, 3, 0, 4, 1],
        ]
  }
  const [split, permutation] = plan()
  const apart = call.emit('reshape', 'reshape', [x.source], { shape: split }, { shape: split })
  const moved = call.emit(
    'transpose',
    'transpose',
    [apart],
    { permutation },
    { shape: permutation.map((axis) => split[axis]!) },
  )
  return call.reshape(moved, call.output().shape)
}

export const movement: Readonly<Record<string, Rule>> = {
  Reshape: reshape,
  Flatten: reshape,
  Squeeze: reshape,
  Unsqueeze: reshape,
  Transpose: transpose,
  Slice: slice,
  Split: split,
  Gather: gather,
  GatherND: gatherNd,
  Pad: pad,
  Concat: concat,
  ConstantOfShape: constantOfShape,
  Expand: expand,
  Tile: tile,
  DepthToSpace: spaceDepth,
  SpaceToDepth: spaceDepth,
}
