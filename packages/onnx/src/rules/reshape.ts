import { dependsOn, formatDims, isUnknown, product, quotient } from '../dim.js'
import type { Dim } from '../graph.js'
import type { Result, Rule } from '../read/builder.js'
import type { Call } from '../read/call.js'

/**
 * A Reshape of input 0 to `shape`. Its target is constant: a number for each size that is known, -1 for the one that is
 * not, 0 (as in the input) for further ones at the place where the input has the same. Undefined when that cannot say
 * it.
 */
function reshapeTo(call: Call, shape: readonly Dim[]): Result | undefined {
  const input = call.shape(0)
  const out = { dtype: call.dtype(0), shape, ...(call.value(0).elements && { elements: call.value(0).elements! }) }
  if (shape.length === input.length && shape.every((d, i) => d === input[i])) return { same: call.input(0) }
  const open = shape.flatMap((d, i) => (typeof d === 'string' ? [i] : []))
  const inferred = open.find((i) => input[i] !== shape[i]) ?? open[0]
  const target = shape.map((d, i) => (typeof d === 'number' ? d : i === inferred ? -1 : input[i] === d ? 0 : NaN))
  if (target.some(Number.isNaN)) return undefined
  // A 0 means "as in the input", so an empty tensor can only be said where the input has the same zero; -1 is ambiguous
  // beside it.
  if (shape.some((d, i) => d === 0 && (input[i] !== 0 || inferred !== undefined))) return undefined
  return { op: 'Reshape', inputs: [call.input(0), call.addNumbers('shape', target)], outputs: [out], attributes: {} }
}

/** Where a fixed batch was freed: the target with the batch at the place it had, as far as the file fixes it. */
function freed(call: Call, input: readonly Dim[], target: readonly Dim[]): Dim[] {
  const { symbol, size } = call.batch!
  const axis = input.findIndex((d) => dependsOn(d, symbol))
  if (axis < 0 || target.some((d) => dependsOn(d, symbol))) return [...target]
  const before = product(input.slice(0, axis))
  for (let i = 0; i < target.length; i++) {
    if (product(target.slice(0, i)) === before) {
      if (target[i] === -1) return [...target]
      const share = quotient(target[i]!, size)
      if (share !== undefined) return target.map((d, j) => (j === i ? product([symbol, share]) : d))
    }
    if (target[i] === -1) break
  }
  return call.fail(
    `its target ${formatDims(target)} has no place for the batch of an input of shape ${formatDims(input)}`,
  )
}

/** The shape that a Reshape target means: 0 is as in the input, -1 is what is left. */
function reshape(call: Call): Result {
  const input = call.shape(0)
  const given = call.opset < 5 ? call.ints('shape') : call.elements(1)
  const keepsZero = call.int('allowzero', 0) === 1
  if (!given) {
    const count = call.shape(1)[0]
    const shape =
      typeof count === 'number' && count <= 32
        ? Array.from({ length: count }, () => call.unknown())
        : call.refuse('the rank of its result is computed at run time', 'Export the model with fixed sizes.')
    return { outputs: [{ dtype: call.dtype(0), shape }], attributes: { allowzero: keepsZero ? 1 : 0 } }
  }
  if (given.length > 32) call.fail(`its target has ${given.length} sizes, expected at most 32`)
  let target = given.map((d, i) =>
    d === 0 && !keepsZero
      ? (input[i] ?? call.fail(`its target ${formatDims(given)} copies size ${i} of ${formatDims(input)}`))
      : d,
  )
  if (target.some((d) => typeof d === 'number' && d < -1) || target.filter((d) => d === -1).length > 1) {
    call.fail(`its target is ${formatDims(given)}, expected sizes of at least 0 and at most one -1`)
  }
  if (call.batch) target = freed(call, input, target)
  const total = product(input)
  const rest = product(target.filter((d) => d !== -1))
  const shape = target.map((d) => (d === -1 ? (quotient(total, rest) ?? remainder(call, total, rest, given)) : d))
  if (!target.includes(-1) && rest !== total && !isUnknown(rest) && !isUnknown(total)) {
    if ((typeof rest === 'number' && typeof total === 'number') || call.batch)
      call.fail(`its target ${formatDims(given)} does not fit an input of shape ${formatDims(input)}`)
  }
  return (
    reshapeTo(call, shape) ?? {
      outputs: [{ dtype: call.dtype(0), shape }],
      attributes: { allowzero: keepsZero ? 1 : 0 },
    }
  )
}

function remainder(call: Call, total: Dim, rest: Dim, given: readonly Dim[]): Dim {
  if ((typeof total === 'number' && typeof rest === 'number') || call.batch)
    call.fail(`its target ${formatDims(given)} does not fit ${total} elements`)
  return call.unknown()
}

/** Flatten, Squeeze, Unsqueeze become Reshape; they stay only where two or more free sizes move. */
function flatten(call: Call): Result {
  const input = call.shape(0)
  const given = call.int('axis', 1)
  const axis = given === input.length ? given : call.axis(given, input.length || 1)
  const shape = [product(input.slice(0, axis)), product(input.slice(axis))]
  return reshapeTo(call, shape) ?? { outputs: [{ dtype: call.dtype(0), shape }], attributes: { axis } }
}

/** The axes of Squeeze and Unsqueeze: an attribute before opset 13. */
function axesOf(call: Call): readonly number[] | undefined {
  if (call.opset < 13) return call.hasAttribute('axes') ? call.ints('axes') : undefined
  return call.has(1) ? call.integers(1, 'axes') : undefined
}

function squeeze(call: Call): Result {
  const input = call.shape(0)
  const given = axesOf(call)
  const axes = new Set(given?.map((a) => call.axis(a, input.length)) ?? input.flatMap((d, i) => (d === 1 ? [i] : [])))
  for (const axis of axes) {
    const size = input[axis]!
    if (size !== 1 && (typeof size === 'number' || call.batch))
      call.fail(`axis ${axis} of ${formatDims(input)} is not 1`)
  }
  const shape = input.filter((_, i) => !axes.has(i))
  return (
    reshapeTo(call, shape) ?? {
      inputs: [
        call.input(0),
        call.addNumbers(
          'axes',
          [...axes].sort((a, b) => a - b),
        ),
      ],
      outputs: [{ dtype: call.dtype(0), shape }],
      attributes: {},
    }
  )
}

function unsqueeze(call: Call): Result {
  const input = call.shape(0)
  const given = axesOf(call) ?? call.fail('its axes are missing')
  const rank = input.length + given.length
  const axes = new Set(given.map((a) => call.axis(a, rank)))
  if (axes.size !== given.length || rank > 32) call.fail(`its axes are [${given.join(',')}] for ${input.length} axes`)
  let next = 0
  const shape = Array.from({ length: rank }, (_, i) => (axes.has(i) ? 1 : input[next++]!))
  return (
    reshapeTo(call, shape) ?? {
      inputs: [
        call.input(0),
        call.addNumbers(
          'axes',
          [...axes].sort((a, b) => a - b),
        ),
      ],
      outputs: [{ dtype: call.dtype(0), shape }],
      attributes: {},
    }
  )
}

export const reshaping: Readonly<Record<string, Rule>> = {
  Reshape: reshape,
  Flatten: flatten,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
}
