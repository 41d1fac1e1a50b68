import { elementTypes, tensorOf } from '../dtype.js'
import { formatDims, product, quotient, sum } from '../dim.js'
import type { Dim, OnnxTensor } from '../graph.js'
import type { Result, Rule } from '../read/builder.js'
import type { Call } from '../read/call.js'
import { broadcast, sameDim } from './shapes.js'

function transpose(call: Call): Result {
  const shape = call.shape(0)
  const perm = call
    .ints(
      'perm',
      shape.map((_, i) => shape.length - 1 - i),
    )
    .map((a) => call.axis(a, shape.length))
  if (perm.length !== shape.length || new Set(perm).size !== perm.length)
    call.fail(`perm [${perm.join(',')}] for ${shape.length} axes`)
  if (perm.every((a, i) => a === i)) return { same: call.input(0) }
  return { outputs: [{ dtype: call.dtype(0), shape: perm.map((a) => shape[a]!) }], attributes: { perm } }
}

export function concat(call: Call): Result {
  if (call.count === 0) call.fail('it has no inputs')
  call.sameTypes()
  const shapes = call.node.inputs.map((_, i) => call.shape(i))
  const first = shapes[0]!
  const axis = call.axis(call.int('axis'), first.length)
  const what = (): string => `shapes ${shapes.map(formatDims).join(' and ')} do not fit each other beside axis ${axis}`
  const shape = shapes.reduce((a, b) => {
    if (a.length !== b.length) call.fail(what())
    return a.map((d, i) => (i === axis ? (sum(d, b[i]!) ?? call.unknown()) : sameDim(call, d, b[i]!, what)))
  })
  if (call.count === 1) return { same: call.input(0) }
  return { outputs: [{ dtype: call.dtype(0), shape }], attributes: { axis } }
}

/** Sizes are input 1; before opset 13 they were an attribute, and from opset 18 only a number of parts may be given. */
function split(call: Call): Result {
  const shape = call.shape(0)
  const axis = call.axis(call.int('axis', 0), shape.length)
  const parts = call.node.outputs.length
  const given =
    call.opset < 13
      ? call.hasAttribute('split')
        ? call.ints('split')
        : undefined
      : call.has(1)
        ? call.integers(1, 'sizes')
        : undefined
  const whole = shape[axis]!
  let sizes = given
  if (!sizes) {
    if (typeof whole !== 'number')
      return call.refuse(
        `the size of axis ${axis}, which it splits evenly, is not known`,
        'Export the model with fixed sizes (only the batch free).',
      )
    const each = Math.ceil(whole / (parts || 1))
    sizes = Array.from({ length: parts }, (_, i) => Math.max(0, Math.min(each, whole - i * each)))
  }
  const total = sizes.reduce((a, b) => a + b, 0)
  if (sizes.length !== parts || sizes.some((s) => s < 0) || (typeof whole === 'number' && total !== whole)) {
    call.fail(`it splits size ${whole} into [${sizes.join(',')}] for ${parts} outputs`)
  }
  const outputs = sizes.map((size) => ({ dtype: call.dtype(0), shape: shape.map((d, i) => (i === axis ? size : d)) }))
  return { outputs, inputs: [call.input(0), call.addNumbers('split', sizes)], attributes: { axis } }
}

/** starts, ends, axes, steps are inputs, constant, with positive axes; before opset 10 they were attributes. */
function slice(call: Call): Result {
  const shape = call.shape(0)
  const old = call.opset < 10
  const list = (i: number, name: string): readonly number[] | undefined => {
    if (old) return call.hasAttribute(name) ? call.ints(name) : undefined
    return call.has(i) ? call.integers(i, name) : undefined
  }
  const starts = list(1, 'starts') ?? call.fail('its starts are missing')
  const ends = list(2, 'ends') ?? call.fail('its ends are missing')
  const axes = (list(3, 'axes') ?? starts.map((_, i) => i)).map((a) => call.axis(a, shape.length))
  const steps = (old ? undefined : list(4, 'steps')) ?? starts.map(() => 1)
  if ([ends, axes, steps].some((l) => l.length !== starts.length) || new Set(axes).size !== axes.length) {
    call.fail(`it has ${starts.length} starts, ${ends.length} ends, ${axes.length} axes and ${steps.length} steps`)
  }
  const out = [...shape]
  const from: number[] = []
  const to: number[] = []
  axes.forEach((axis, i) => {
    const size = shape[axis]!
    const step = steps[i]!
    if (step === 0 || !Number.isInteger(step)) call.fail(`a step is ${step}`)
    if (typeof size === 'number') {
      const [first, last] = bounds(size, starts[i]!, ends[i]!, step)
      from.push(first)
      to.push(last < 0 ? -size - 1 : last)
      out[axis] = Math.max(0, Math.ceil((last - first) / step))
    } else {
      from.push(starts[i]!)
      to.push(ends[i]!)
      out[axis] = starts[i] === 0 && ends[i]! >= 2 ** 31 - 1 && step === 1 ? size : call.unknown()
    }
  })
  if (axes.every((axis, i) => out[axis] === shape[axis] && steps[i]! > 0)) return { same: call.input(0) }
  const inputs = [
    call.input(0),
    call.addNumbers('starts', from),
    call.addNumbers('ends', to),
    call.addNumbers('axes', axes),
    call.addNumbers('steps', steps),
  ]
  return { outputs: [{ dtype: call.dtype(0), shape: out }], inputs, attributes: {} }
}

/**
 * The first index taken and the one where it ends, of an axis of `size`; the end is -1 when a backward slice takes
 * index 0.
 */
function bounds(size: number, start: number, end: number, step: number): [number, number] {
  const clamp = (n: number, low: number, high: number): number => Math.min(Math.max(n < 0 ? n + size : n, low), high)
  return step > 0 ? [clamp(start, 0, size), clamp(end, 0, size)] : [clamp(start, 0, size - 1), clamp(end, -1, size - 1)]
}

function gather(call: Call): Result {
  const shape = call.shape(0)
  const axis = call.axis(call.int('axis', 0), shape.length)
  const size = shape[axis]!
  if (call.dtype(1) !== 'int64' && call.dtype(1) !== 'int32') call.fail(`its indices are ${call.dtype(1)}`)
  const indices = call.constant(1)
  let from = call.input(1)
  if (indices && typeof size === 'number') {
    if (!call.afford(indices.data.length)) call.refuse('its indices are too many to check', 'Check the model.')
    const numbers = Array.from(indices.data as ArrayLike<number | bigint>, Number)
    if (numbers.some((n) => n < -size || n >= size))
      call.fail(`an index lies outside of axis ${axis} of ${formatDims(shape)}`)
    if (numbers.some((n) => n < 0))
      from = call.addTensor(
        'indices',
        tensorOf(
          'int64',
          indices.shape,
          numbers.map((n) => (n < 0 ? n + size : n)),
        ),
      )
  }
  return {
    outputs: [{ dtype: call.dtype(0), shape: [...shape.slice(0, axis), ...call.shape(1), ...shape.slice(axis + 1)] }],
    inputs: [call.input(0), from],
    attributes: { axis },
  }
}

function expand(call: Call): Result {
  const shape = call.shape(0)
  const target = call.elements(1)
  if (!target) return unknownRank(call)
  if (target.length > 32 || target.some((d) => typeof d === 'number' && d < 0))
    call.fail(`its target is ${formatDims(target)}`)
  const out = broadcast(call, [shape, target])
  if (out.length === shape.length && out.every((d, i) => d === shape[i])) return { same: call.input(0) }
  return { outputs: [{ dtype: call.dtype(0), shape: out }], attributes: {} }
}

function unknownRank(call: Call): never {
  return call.refuse(
    'the shape of its result is computed at run time',
    'Export the model with fixed sizes (only the batch free), or simplify it with onnxsim.',
  )
}

function tile(call: Call): Result {
  const shape = call.shape(0)
  const repeats = call.elements(1) ?? unknownRank(call)
  if (repeats.length !== shape.length || repeats.some((r) => typeof r === 'number' && r < 0))
    call.fail(`its repeats are ${formatDims(repeats)} for shape ${formatDims(shape)}`)
  if (repeats.every((r) => r === 1)) return { same: call.input(0) }
  return { outputs: [{ dtype: call.dtype(0), shape: shape.map((d, i) => product([d, repeats[i]!])) }], attributes: {} }
}

/**
 * pads (2 x rank) and value are inputs, constant; before opset 11 they were attributes, from opset 18 only some axes
 * may be given.
 */
function pad(call: Call): Result {
  const shape = call.shape(0)
  const old = call.opset < 11
  const mode = call.string('mode', 'constant')
  const given = old ? call.ints('pads') : call.integers(1, 'pads')
  const axes =
    !old && call.has(3) ? call.integers(3, 'axes').map((a) => call.axis(a, shape.length)) : shape.map((_, i) => i)
  if (given.length !== 2 * axes.length) call.fail(`it has ${given.length} pads for ${axes.length} axes`)
  const pads = Array.from({ length: 2 * shape.length }, () => 0)
  axes.forEach((axis, i) => {
    pads[axis] = given[i]!
    pads[axis + shape.length] = given[i + axes.length]!
  })
  if (pads.every((p) => p === 0)) return { same: call.input(0) }
  const out = shape.map((d, i) => sum(d, pads[i]! + pads[i + shape.length]!) ?? call.unknown())
  if (out.some((d) => typeof d === 'number' && d < 0))
    call.fail(`pads [${pads.join(',')}] for shape ${formatDims(shape)}`)
  let value = ''
  if (call.has(2) && call.dtype(2) !== call.dtype(0))
    call.fail(`its value is ${call.dtype(2)}, expected ${call.dtype(0)}`)
  if (mode === 'constant')
    value = old
      ? call.addNumbers('value', [call.float('value', 0)], call.dtype(0), [])
      : call.has(2)
        ? call.input(2)
        : call.addNumbers('value', [0], call.dtype(0), [])
  return {
    outputs: [{ dtype: call.dtype(0), shape: out }],
    inputs: [call.input(0), call.addNumbers('pads', pads), value],
    attributes: { mode },
  }
}

function spaceDepth(call: Call): Result {
  const [n, c, h, w, ...more] = call.shape(0)
  const block = call.int('blocksize')
  if (n === undefined || c === undefined || h === undefined || w === undefined || more.length > 0 || block < 1)
    return call.fail(`block size ${block} for shape ${formatDims(call.shape(0))}`)
  const square = block * block
  const exact = (a: Dim, b: number): Dim =>
    quotient(a, b) ?? (typeof a === 'number' ? call.fail(`size ${a} is not a multiple of ${b}`) : call.unknown())
  if (call.node.op === 'SpaceToDepth')
    return {
      outputs: [{ dtype: call.dtype(0), shape: [n, product([c, square]), exact(h, block), exact(w, block)] }],
      attributes: { blocksize: block },
    }
  const shape = [n, exact(c, square), product([h, block]), product([w, block])]
  return {
    outputs: [{ dtype: call.dtype(0), shape }],
    attributes: { blocksize: block, mode: call.string('mode', 'DCR') },
  }
}

/** The sizes of the axes from `start` to before `end`, both counted from the front. */
function shapeOf(call: Call): Result {
  const all = call.shape(0)
  const at = (n: number): number => Math.min(Math.max(n < 0 ? n + all.length : n, 0), all.length)
  const start = at(call.int('start', 0))
  const end = Math.max(start, at(call.int('end', all.length)))
  const elements = all.slice(start, end)
  return { outputs: [{ dtype: 'int64', shape: [elements.length], elements }], attributes: { start, end } }
}

function constantOfShape(call: Call): Result {
  const shape = call.elements(0) ?? unknownRank(call)
  if (shape.length > 32 || shape.some((d) => typeof d === 'number' && d < 0))
    call.fail(`its shape is ${formatDims(shape)}`)
  const value: OnnxTensor = call.hasAttribute('value') ? call.tensor('value') : tensorOf('float32', [1], [0])
  if (value.data.length !== 1) call.fail(`its value has ${value.data.length} elements, expected 1`)
  return { outputs: [{ dtype: value.dtype, shape }], attributes: { value } }
}

function range(call: Call): Result {
  call.sameTypes()
  const dtype = call.dtype(0)
  const [start, limit, delta] = [0, 1, 2].map((i) =>
    dtype === 'int64' || dtype === 'int32' ? call.elements(i)?.[0] : call.constant(i)?.data[0],
  )
  let size: Dim | undefined
  if (start !== undefined && limit !== undefined && delta !== undefined && typeof delta !== 'string') {
    if (Number(delta) === 0) call.fail('its step is 0')
    if (typeof start !== 'string' && typeof limit !== 'string')
      size = Math.max(0, Math.ceil((Number(limit) - Number(start)) / Number(delta)))
    else if (Number(delta) === 1 && typeof limit !== 'bigint' && typeof start !== 'bigint') size = sum(limit, start, -1)
  }
  if (typeof size === 'number' && !Number.isSafeInteger(size)) call.fail('it has no finite length')
  return { outputs: [{ dtype, shape: [size ?? call.unknown()] }], attributes: {} }
}

function oneHot(call: Call): Result {
  const shape = call.shape(0)
  const depth = call.elements(1)?.[0] ?? call.unknown()
  const axis = call.axis(call.int('axis', -1), shape.length + 1)
  return {
    outputs: [{ dtype: call.dtype(2), shape: [...shape.slice(0, axis), depth, ...shape.slice(axis)] }],
    attributes: { axis },
  }
}

function topK(call: Call): Result {
  const shape = call.shape(0)
  const axis = call.axis(call.int('axis', -1), shape.length)
  const k = call.opset < 10 ? call.int('k') : (call.elements(1)?.[0] ?? call.unknown())
  const out = shape.map((d, i) => (i === axis ? k : d))
  const inputs = [call.input(0), call.opset < 10 ? call.addNumbers('k', [call.int('k')]) : call.input(1)]
  return {
    outputs: [
      { dtype: call.dtype(0), shape: out },
      { dtype: 'int64', shape: out },
    ],
    inputs,
    attributes: { axis, largest: call.int('largest', 1), sorted: call.int('sorted', 1) },
  }
}

function gatherNd(call: Call): Result {
  const [data, indices] = [call.shape(0), call.shape(1)]
  const batch = call.int('batch_dims', 0)
  const depth = indices.at(-1)
  if (typeof depth !== 'number' || depth + batch > data.length)
    return call.fail(`indices of shape ${formatDims(indices)} for data of shape ${formatDims(data)}`)
  return {
    outputs: [{ dtype: call.dtype(0), shape: [...indices.slice(0, -1), ...data.slice(batch + depth)] }],
    attributes: { batch_dims: batch },
  }
}

/** The shape of input 0, with some attributes passed on. */
function keeping(names: Readonly<Record<string, number | string>>): Rule {
  return (call) => ({
    outputs: [{ dtype: call.dtype(0), shape: call.shape(0) }],
    attributes: Object.fromEntries(
      Object.entries(names).map(([name, value]) => [
        name,
        typeof value === 'number' ? call.int(name, value) : call.string(name, value),
      ]),
    ),
  })
}

export const movement: Readonly<Record<string, Rule>> = {
  Transpose: transpose,
  Concat: concat,
  Split: split,
  Slice: slice,
  Gather: gather,
  Expand: expand,
  Tile: tile,
  Pad: pad,
  DepthToSpace: spaceDepth,
  SpaceToDepth: spaceDepth,
  Shape: shapeOf,
  ConstantOfShape: constantOfShape,
  Range: range,
  OneHot: oneHot,
  TopK: topK,
  Size: (call) => ({ outputs: [{ dtype: 'int64', shape: [], elements: [product(call.shape(0))] }], attributes: {} }),
  NonZero: (call) => ({
    outputs: [{ dtype: 'int64', shape: [call.rank(0), nonZeroCount(call) ?? call.unknown()] }],
    attributes: {},
  }),
  GatherElements: (call) => ({
    outputs: [{ dtype: call.dtype(0), shape: call.shape(1) }],
    attributes: { axis: call.axis(call.int('axis', 0), call.rank(0)) },
  }),
  GatherND: gatherNd,
  ScatterND: keeping({ reduction: 'none' }),
  ScatterElements: keeping({ axis: 0, reduction: 'none' }),
  EyeLike: (call) => {
    const to = call.hasAttribute('dtype') ? call.int('dtype') : elementTypes[call.dtype(0)].code
    if (to !== 1 && to !== 11) return call.refuse(`it makes ONNX data type ${to}`, 'Export the model in float32.')
    return { outputs: [{ dtype: 'float32', shape: call.shape(0) }], attributes: { dtype: 1, k: call.int('k', 0) } }
  },
}

function nonZeroCount(call: Call): number | undefined {
  const data = call.constant(0)?.data as ArrayLike<number | bigint> | undefined
  if (!data || !call.afford(data.length)) return undefined
  let count = 0
  for (let i = 0; i < data.length; i++) if (Number(data[i]) !== 0) count++
  return count
}
