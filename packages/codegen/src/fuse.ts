import { isPrimitive, sizeOf, type Node, type Tensor } from '@snn/tensor'
import { isScalar, kindOf, type Access, type ScalarInput, type ScalarKernel, type ScalarPrimitive, type ScalarValue } from './scalar.js'
import { viewOf, type Space, type View } from './view.js'

export interface FuseOptions {
  /** The nodes that the kernel computes; everything else is an input. All results have the same number of elements. */
  readonly inside: ReadonlySet<Node>
  /** How an input lies in memory. Default: looks through reshapes and broadcasts. */
  readonly view?: (tensor: Tensor) => View
  /** The number that all elements of a tensor are, when it is known. Default: constants of one element. */
  readonly number?: (tensor: Tensor) => number | undefined
}

/** A group of nodes as one kernel over `space`: reads `inputs`, writes the results. */
export interface Fused {
  readonly kernel: ScalarKernel
  readonly inputs: readonly Tensor[]
  readonly space: Space
}

/** What `results` are made of inside of the group, as a kernel. */
export function fuse(results: readonly Tensor[], { inside, view = viewOf, number = constantOf }: FuseOptions): Fused {
  const size = sizeOf(results[0]!.shape)
  let along: Space | undefined
  const inputs = new Map<Tensor, number>()
  const forms: ScalarInput[] = []
  const values: ScalarValue[] = []
  const numbers = new Map<Tensor, number>()
  const known = new Map<string, number>()

  const push = (value: ScalarValue): number => {
    const key = JSON.stringify(value, (_, x: unknown) => (typeof x === 'number' && !(Number.isFinite(x) && !Object.is(x, -0)) ? `${Object.is(x, -0) ? '-0' : x}` : x))
    const at = known.get(key) ?? values.push(value) - 1
    known.set(key, at)
    return at
  }

  const access = (source: Tensor, space: Space | undefined): Access => {
    if (sizeOf(source.shape) === 1) return 'scalar'
    if (!space) return 'full'
    along = space
    return space.inner === 1 ? 'last' : 'channel'
  }

  const input = (tensor: Tensor): number => {
    const { source, space } = view(tensor)
    if (inside.has(source.node) && sizeOf(source.shape) === size && !space) return numberOf(source)
    const kind = kindOf(source)!
    const literal = number(source)
    if (literal !== undefined && sizeOf(source.shape) === 1) return push({ operation: 'number', kind, number: literal })
    let at = inputs.get(source)
    if (at === undefined) {
      at = forms.push({ kind, access: access(source, space) }) - 1
      inputs.set(source, at)
    }
    return push({ operation: 'input', kind, input: at })
  }

  const numberOf = (tensor: Tensor): number => {
    const made = numbers.get(tensor)
    if (made !== undefined) return made
    const { node } = tensor
    const at = inside.has(node) && isScalar(node) ? operation(node) : input(tensor)
    numbers.set(tensor, at)
    return at
  }

  const operation = (node: Node<ScalarPrimitive>): number => {
    const operands = node.inputs.map(numberOf)
    const output = node.outputs[0]!
    if (node.primitive === 'cast' && node.inputs[0]!.dtype === output.dtype) return operands[0]!
    return push({ operation: node.primitive, kind: kindOf(output)!, operands })
  }

  // inputs first, so that no call is deeper than one node: groups may be long chains
  for (const node of neededNodes(results, inside, view)) node.outputs.forEach(numberOf)
  const outputs = results.map(numberOf)
  const rows = along
  return { kernel: { inputs: forms, values, outputs }, inputs: [...inputs.keys()], space: rows ?? { outer: 1, count: 1, inner: size } }
}

/** The nodes of the group that the results need, inputs first. */
function neededNodes(results: readonly Tensor[], inside: ReadonlySet<Node>, view: (tensor: Tensor) => View): Node[] {
  const needed = new Set<Node>()
  const stack = [...results]
  for (let tensor = stack.pop(); tensor; tensor = stack.pop()) {
    const { node } = inside.has(tensor.node) && isScalar(tensor.node) ? tensor : view(tensor).source
    if (needed.has(node) || !inside.has(node)) continue
    needed.add(node)
    stack.push(...node.inputs)
  }
  return [...needed].sort((a, b) => a.id - b.id)
}

function constantOf({ node }: Tensor): number | undefined {
  return isPrimitive(node, 'constant') && node.attributes.data.length === 1 ? node.attributes.data[0] : undefined
}
