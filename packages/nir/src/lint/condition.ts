import { uniform, type NirArray } from '../array.js'
import { paddingPerAxis, perAxis } from '../axes.js'
import type { Integers, NirNode } from '../graph.js'

/** What is asked of the nodes of one type. `test` sees a node and the length of a step. */
export interface Condition {
  /** Whether the tool refuses such a node, or takes it as another without saying so. */
  readonly effect: 'rejects' | 'changes'
  readonly what: string
  readonly fix: string
  readonly test: (node: NirNode, dt: number) => boolean
}

export type Test = Pick<Condition, 'test' | 'what'>

type Fields = Readonly<Record<string, unknown>>

const arrayOf = (node: NirNode, field: string): NirArray | undefined =>
  (node as unknown as Fields)[field] as NirArray | undefined

/** Whatever the node says. */
export const always = (what: string): Test => ({ what, test: () => true })

/** Some value of a field is not this. */
export const isNot = (field: string, value: number): Test => ({
  what: `${field} other than ${value}`,
  test: (node) =>
    arrayOf(node, field)?.data.some((own) => Math.abs(own - value) > 1e-6 * Math.max(1, Math.abs(value))) ?? false,
})

/** A field has different values for different neurons. */
export const varies = (...fields: readonly string[]): Test => ({
  what: `${fields.join(', ')} that ${fields.length === 1 ? 'is' : 'are'} not the same for all neurons`,
  test: (node) => fields.some((field) => uniform(arrayOf(node, field)!) === undefined),
})

/** Some value of a field is not the one that others make with dt. */
export const unlike = (
  field: string,
  text: string,
  expected: (node: (name: string, i: number) => number, dt: number, i: number) => number,
): Test => ({
  what: `${field} other than ${text}`,
  test: (node, dt) =>
    arrayOf(node, field)!.data.some((own, i) => {
      const value = expected((name, at) => arrayOf(node, name)!.data[at]!, dt, i)
      return Math.abs(own - value) > 1e-3 * Math.abs(value)
    }),
})

/** The padding is not all zeros. */
export const padded: Test = {
  what: 'padding',
  test: (node) => list((node as unknown as Fields)['padding']).some((n) => n !== 0),
}

/** Flatten counts its axes from the front, where the tool has the batch. */
export const countsFromFront: Test = {
  what: 'axes that are counted from the front',
  test: (node) => node.type === 'Flatten' && (node.start_dim >= 0 || node.end_dim >= 0),
}

/** A convolution of more than one group. */
export const grouped: Test = { what: 'groups', test: (node) => 'groups' in node && node.groups > 1 }

/** A kernel that is not square. */
export const notSquare: Test = {
  what: 'a kernel that is not square',
  test: (node) => node.type === 'Conv2d' && node.weight.shape[2] !== node.weight.shape[3],
}

/**
 * A kernel that is not square, where taking its height for its width gives another size: nir works out the output so.
 */
export const otherWidth: Test = {
  what: notSquare.what,
  test(node, dt) {
    if (node.type !== 'Conv2d' || !notSquare.test(node, dt) || node.padding === 'same') return false
    const [stride, dilation] = [perAxis(node.stride, 2)!, perAxis(node.dilation, 2)!]
    const [, [low, high]] = paddingPerAxis(node.padding, node.weight.shape.slice(2), dilation) as unknown as readonly [
      unknown,
      readonly [number, number],
    ]
    const width = (kernel: number): number =>
      Math.floor(((node.input_shape?.[1] ?? 2 ** 20) + low + high - dilation[1]! * (kernel - 1) - 1) / stride[1]!)
    return width(node.weight.shape[2]!) !== width(node.weight.shape[3]!)
  },
}

/** Weights that are no whole multiples of a 127th of the largest: the 8 bits that a chip's tool rounds them to. */
export const notInBytes: Test = {
  what: 'weights that are not whole steps of 8 bits',
  test(node) {
    const { data } = arrayOf(node, 'weight')!
    let largest = 0
    for (const w of data) largest = Math.max(largest, Math.abs(w))
    const step = largest / 127
    return data.some((w) => Math.abs(w / step - Math.round(w / step)) > 1e-3)
  },
}

/** A weight of more axes than a matrix. */
export const batched: Test = {
  what: 'a weight of more than two axes',
  test: (node) => arrayOf(node, 'weight')!.shape.length > 2,
}

/** More neurons than one. */
export const several = (field: string): Test => ({
  what: 'more than one neuron',
  test: (node) => arrayOf(node, field)!.data.length > 1,
})

/** Parameters without axes, where the tool takes the shape of the neurons from them. */
export const withoutAxes = (field: string): Test => ({
  what: 'parameters without axes',
  test: (node) => arrayOf(node, field)!.shape.length === 0,
})

export const rejects = ({ what, test }: Test, fix: string): Condition => ({ effect: 'rejects', what, fix, test })
/** `as`: what the tool makes of it. */
export const changes = ({ what, test }: Test, as: string, fix: string): Condition => ({
  effect: 'changes',
  what: `${what}: ${as}`,
  fix,
  test,
})

function list(value: unknown): readonly number[] {
  return typeof value === 'number' ? [value] : typeof value === 'object' ? (value as Extract<Integers, object>) : []
}
