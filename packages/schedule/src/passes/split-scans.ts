import { sizeOf, type Shape, type Tensor } from '@snn/tensor'
import {
  bytesPerElement,
  isPrimitive,
  topological,
  type Node,
  type Primitive,
  type Primitives,
  type Program,
  createNode,
  deadCode,
  rewrite,
  withOrigin,
} from '@snn/tensor/backend'
import { wholeGraph, withGraph } from '../whole-graph.js'
import { batch, elementwise, isBatchable, repeatSteps } from './batch.js'

export interface SplitOptions {
  /**
   * Most bytes that one value may take for all the steps that run at once. A longer loop is cut into pieces of so many
   * steps.
   */
  readonly maximumBytes: number
}

/**
 * Takes out of scans what does not need the state: a convolution that a time step applies to its input runs on all
 * steps at once, and what remains are scans of their own, one for each state (the steps of a layer), which are as a
 * rule elementwise. A pass for backends that gain from large operations and from loops that are one kernel. Loop
 * fission (Allen and Kennedy 1987), by strongly connected components (Tarjan 1972).
 *
 * @param nodes those of the whole graph, inputs first
 */
export function splitScans(program: Program, options: SplitOptions, nodes?: readonly Node[]): Program {
  const whole = wholeGraph(program)
  const split = rewrite(
    whole,
    (node, inputs) => (isPrimitive(node, 'scan') ? splitScan(node, inputs, options) : undefined),
    nodes,
  )
  if (split === whole) return program
  return withGraph(program, deadCode(split))
}

/** Fewer steps at once gain less than it costs to leave the cache. */
const smallestPiece = 4

type Scan = Node<'scan'>

function splitScan(
  node: Scan,
  inputs: readonly Tensor[],
  { maximumBytes }: SplitOptions,
): readonly Tensor[] | undefined {
  const { body, carries, sequences, length, reverse } = node.attributes
  const plan = planSplit(node)
  if (!plan) return undefined
  const largest = Math.max(1, ...stackedValues(plan).map(({ dtype, shape }) => bytesPerElement(dtype) * sizeOf(shape)))
  const steps = piece(length, Math.floor(maximumBytes / largest))
  const [states, xs, captured] = [
    inputs.slice(0, carries),
    inputs.slice(carries, carries + sequences),
    inputs.slice(carries + sequences),
  ]
  if (steps === length || keepsStates(node)) return emit(node, plan, states, xs, captured, undefined, length)
  if (steps < smallestPiece) return undefined

  // pieces of `steps` steps, one after the other, and what is left of the steps as one more piece
  const pieces = Math.floor(length / steps)
  const rest = length % steps
  const [from, restFrom] = reverse ? [rest, 0] : [0, pieces * steps]
  const parameter = ({ dtype }: Tensor, shape: Shape): Tensor =>
    createNode('placeholder', [], { dtype, shape }, [{ dtype, shape }], node.scope)[0]!
  const number = (value: number): Tensor =>
    createNode(
      'constant',
      [],
      { dtype: 'int32', shape: [], data: Int32Array.of(value) },
      [{ dtype: 'int32', shape: [] }],
      null,
    )[0]!
  const like = <P extends Primitive>(
    primitive: P,
    inputs: readonly [Tensor, ...Tensor[]],
    attributes: Primitives[P],
    shape: Shape,
  ): Tensor => createNode(primitive, inputs, attributes, [{ dtype: inputs[0].dtype, shape }], node.scope)[0]!
  const part = (x: Tensor, start: number, size: number): Tensor => {
    const rest = x.shape.slice(1)
    return size === length
      ? x
      : like(
          'slice',
          [x],
          { start: [start, ...rest.map(() => 0)], end: [start + size, ...rest], step: x.shape.map(() => 1) },
          [size, ...rest],
        )
  }
  const reshape = (x: Tensor, shape: Shape): Tensor => like('reshape', [x], { shape }, shape)

  const stacked = xs.map((x) => reshape(part(x, from, pieces * steps), [pieces, steps, ...x.shape.slice(1)]))
  const innerStates = states.map((state) => parameter(state, state.shape))
  const innerXs = xs.map((x) => parameter(x, [steps, ...x.shape.slice(1)]))
  const t = parameter(body.parameters[carries + sequences]!, [])
  const results = emit(
    node,
    plan,
    innerStates,
    innerXs,
    captured,
    like('add', [like('mul', [t, number(steps)], {}, []), number(from)], {}, []),
    steps,
  )
  const signatures = results.map((result, i) => ({
    dtype: result.dtype,
    shape: i < carries ? result.shape : [pieces, ...result.shape],
  }))
  const attributes = {
    length: pieces,
    reverse,
    carries,
    sequences,
    body: { parameters: [...innerStates, ...innerXs, t, ...captured], results },
  }
  const outputs = createNode('scan', [...states, ...stacked, ...captured], attributes, signatures, node.scope)
  const main = outputs.map((output, i) =>
    i < carries ? output : reshape(output, [pieces * steps, ...output.shape.slice(2)]),
  )
  if (rest === 0) return main
  const last = emit(
    node,
    plan,
    main.slice(0, carries),
    xs.map((x) => part(x, restFrom, rest)),
    captured,
    number(restFrom),
    rest,
  )
  return last.map((output, i) =>
    i < carries
      ? output
      : like('concat', reverse ? [output, main[i]!] : [main[i]!, output], { axis: 0 }, node.outputs[i]!.shape),
  )
}

/**
 * Steps of a piece, at most `limit`: such that all pieces are equal where that makes them no shorter than half of it.
 */
function piece(length: number, limit: number): number {
  if (limit >= length) return length
  for (let steps = limit; 2 * steps >= limit && steps > 1; steps--) if (length % steps === 0) return steps
  return limit < 1 ? 1 : Math.ceil(length / Math.ceil(length / limit))
}

/** Whether the states of all steps are kept for a gradient, or such are read: then there is nothing to save. */
function keepsStates({ attributes: { body, carries }, inputs, outputs }: Scan): boolean {
  const isStack = (tensor: Tensor): boolean => {
    const { node } = tensor
    if (!isPrimitive(node, 'scan')) return false
    const { body: other, carries: count } = node.attributes
    const at = node.outputs.indexOf(tensor)
    return at >= count && other.parameters.slice(0, count).includes(other.results[at]!)
  }
  return (
    outputs.some((_, i) => i >= carries && body.parameters.slice(0, carries).includes(body.results[i]!)) ||
    inputs.some(isStack)
  )
}

/** What runs together: a group with states becomes a scan, one without runs on all steps at once. */
interface Group {
  readonly nodes: Set<Node>
  readonly states: Set<number>
  /** Elements, for groups that may grow. */
  readonly size: number | undefined
}

interface SplitPlan {
  readonly nodes: readonly Node[]
  readonly groups: readonly Group[]
  /** States that only add up: state -> what is added in each step. */
  readonly sums: ReadonlyMap<number, readonly Tensor[]>
  /** The additions of these sums. */
  readonly sumNodes: ReadonlySet<Node>
  readonly varies: (tensor: Tensor) => boolean
}

/**
 * The values that go from group to group, and so are kept for all steps at once: not what is only pooled as it is made.
 */
function stackedValues({ nodes, groups }: SplitPlan): Tensor[] {
  const users = new Map<Tensor, Node[]>()
  for (const node of nodes) for (const input of node.inputs) users.set(input, [...(users.get(input) ?? []), node])
  const isKept = (tensor: Tensor, { nodes: inside, states }: Group): boolean =>
    (users.get(tensor) ?? []).some((user) => !inside.has(user) && !(states.size > 0 && isPooling(user)))
  return groups.flatMap((group) =>
    [...group.nodes].flatMap(({ outputs }) => outputs.filter((output) => isKept(output, group)).map(repeated)),
  )
}

/** What a broadcast repeats, which is read by strides. */
function repeated(tensor: Tensor): Tensor {
  return isPrimitive(tensor.node, 'broadcast') ? repeated(tensor.node.inputs[0]!) : tensor
}

function isPooling({ primitive }: Node): boolean {
  return primitive === 'maxPool' || primitive === 'averagePool' || primitive === 'argmaxPool'
}

type Vertex = Node | number

function planSplit(node: Scan): SplitPlan | undefined {
  const { body, carries, sequences } = node.attributes
  const nodes = topological(body)
  const stateOf = new Map(body.parameters.slice(0, carries).map((parameter, i) => [parameter, i]))
  const varying = new Set<Tensor>(body.parameters.slice(0, carries + sequences + 1))
  const varies = (tensor: Tensor): boolean => varying.has(tensor)
  const moving = nodes.filter(({ inputs, outputs }) => {
    const moves = inputs.some(varies)
    if (moves) for (const output of outputs) varying.add(output)
    return moves
  })
  if (moving.every(({ primitive }) => elementwise.has(primitive) || primitive === 'reshape')) return undefined

  const uses = new Map<Tensor, number>()
  for (const tensor of [...nodes.flatMap(({ inputs }) => inputs), ...body.results])
    uses.set(tensor, (uses.get(tensor) ?? 0) + 1)
  const sums = new Map<number, readonly Tensor[]>()
  const sumNodes = new Set<Node>()
  for (const [state, c] of stateOf) {
    const found = addends(body.results[c]!, state, uses)
    if (!found?.terms.every(varies)) continue
    sums.set(c, found.terms)
    for (const n of found.nodes) sumNodes.add(n)
  }
  const isSummed = new Set([...sums.values()].flat())

  const vertexOf = (tensor: Tensor): Vertex | undefined =>
    !varies(tensor) ? undefined : (stateOf.get(tensor) ?? (body.parameters.includes(tensor) ? undefined : tensor.node))
  const before = (vertex: Vertex): Vertex[] =>
    (typeof vertex === 'number' ? [body.results[vertex]!] : vertex.inputs).map(vertexOf).filter((v) => v !== undefined)
  const roots: Vertex[] = [
    ...moving.filter((n) => !sumNodes.has(n)),
    ...[...stateOf.values()].filter((c) => !sums.has(c)),
  ]
  const groups = new Map<Vertex, { readonly time: number; readonly group: Group }>()
  const stages: Group[][] = []

  for (const component of components(roots, before)) {
    const members = new Set(component)
    const inner = component.filter((v): v is Node => typeof v !== 'number')
    const states = component.filter((v) => typeof v === 'number')
    const earlier = component
      .flatMap(before)
      .filter((v) => !members.has(v))
      .map((v) => groups.get(v)!)
    const isPointwise = inner.every(({ primitive }) => elementwise.has(primitive) || primitive === 'reshape')
    // library operations on even times, loops and elementwise operations on odd ones
    const parity = isPointwise || states.length > 0 ? 1 : 0
    const ready = Math.max(0, ...earlier.map(({ time }) => time))
    const time = ready + (ready % 2 === parity ? 0 : 1)
    while (stages.length <= time) stages.push([])
    const stage = stages[time]!
    const isWeightGradient =
      inner.length === 1 &&
      isPrimitive(inner[0]!, 'convWeightGradient') &&
      isSummed.has(inner[0].outputs[0]!) &&
      uses.get(inner[0].outputs[0]!) === 1
    if (states.length === 0 && !isWeightGradient && !isBatchable(inner[0]!, varies)) return undefined
    const size = isPointwise
      ? Math.max(
          ...inner.flatMap(({ outputs }) => outputs.map(({ shape }) => sizeOf(shape))),
          ...states.map((c) => sizeOf(body.parameters[c]!.shape)),
        )
      : undefined
    const first = Math.max(
      0,
      ...earlier
        .filter((e) => e.time === time)
        .map(({ group }) => stage.indexOf(group) + (group.size === size && size !== undefined ? 0 : 1)),
    )
    let group = size === undefined ? undefined : stage.slice(first).find((candidate) => candidate.size === size)
    if (!group) stage.push((group = { nodes: new Set(), states: new Set(), size }))
    for (const n of inner) group.nodes.add(n)
    for (const c of states) group.states.add(c)
    for (const v of component) groups.set(v, { time, group })
  }
  const ordered = stages.flat()
  // one loop as before: nothing is gained
  if (ordered.length === 1 && ordered[0]!.states.size > 0) return undefined
  return { nodes: moving, groups: ordered, sums, sumNodes, varies }
}

/** The terms of `next` = `state` + terms, and the additions, when nothing else sees the state or a partial sum. */
function addends(
  next: Tensor,
  state: Tensor,
  uses: ReadonlyMap<Tensor, number>,
): { readonly terms: readonly Tensor[]; readonly nodes: readonly Node[] } | undefined {
  const terms: Tensor[] = []
  const nodes: Node[] = []
  const visit = (tensor: Tensor): void => {
    if (tensor.node.primitive !== 'add' || uses.get(tensor) !== 1) return void terms.push(tensor)
    nodes.push(tensor.node)
    tensor.node.inputs.forEach(visit)
  }
  visit(next)
  const rest = terms.filter((term) => term !== state)
  return nodes.length > 0 && rest.length === terms.length - 1 && uses.get(state) === 1
    ? { terms: rest, nodes }
    : undefined
}

/** Strongly connected components, each after those it depends on (Tarjan 1972). */
function components(roots: readonly Vertex[], before: (vertex: Vertex) => readonly Vertex[]): Vertex[][] {
  const index = new Map<Vertex, number>()
  const low = new Map<Vertex, number>()
  const open: Vertex[] = []
  const isOpen = new Set<Vertex>()
  const found: Vertex[][] = []
  const visit = (vertex: Vertex): void => {
    index.set(vertex, index.size)
    low.set(vertex, index.get(vertex)!)
    open.push(vertex)
    isOpen.add(vertex)
    for (const other of before(vertex)) {
      if (!index.has(other)) {
        visit(other)
        low.set(vertex, Math.min(low.get(vertex)!, low.get(other)!))
      } else if (isOpen.has(other)) low.set(vertex, Math.min(low.get(vertex)!, index.get(other)!))
    }
    if (low.get(vertex) !== index.get(vertex)) return
    const component = open.splice(open.indexOf(vertex))
    for (const member of component) isOpen.delete(member)
    found.push(component)
  }
  for (const root of roots) if (!index.has(root)) visit(root)
  return found
}

/**
 * The outputs of the scan over `T` steps, made by the groups of the plan. `start`: the first step, when the loop is
 * cut.
 */
function emit(
  node: Scan,
  { nodes, groups, sums, sumNodes, varies }: SplitPlan,
  states: readonly Tensor[],
  xs: readonly Tensor[],
  captured: readonly Tensor[],
  start: Tensor | undefined,
  T: number,
): readonly Tensor[] {
  const { body, carries, sequences, reverse } = node.attributes
  const first = carries + sequences
  const outer = new Map<Tensor, Tensor>(
    body.parameters.slice(first + 1).map((parameter, i) => [parameter, captured[i]!]),
  )
  /** What is the same in all steps, outside. */
  const invariant = (tensor: Tensor): Tensor => {
    const known = outer.get(tensor)
    if (known) return known
    const inputs = tensor.node.inputs.map(invariant)
    const made = inputs.every((input, i) => input === tensor.node.inputs[i])
      ? tensor
      : createNode(tensor.node.primitive, inputs, tensor.node.attributes, tensor.node.outputs, tensor.node.scope)[
          tensor.node.outputs.indexOf(tensor)
        ]!
    outer.set(tensor, made)
    return made
  }
  const all = new Map<Tensor, Tensor>(body.parameters.slice(carries, first).map((parameter, i) => [parameter, xs[i]!]))
  const final: Tensor[] = []
  /** The values of all steps. */
  const stacked = (tensor: Tensor): Tensor =>
    all.get(tensor) ??
    (tensor === body.parameters[first] ? stepIndices(tensor, start, T, all) : repeatSteps(invariant(tensor), T))
  const owner = new Map<Vertex, Group>()
  for (const group of groups) for (const v of [...group.nodes, ...group.states]) owner.set(v, group)
  for (const group of groups) {
    if (group.states.size === 0) {
      for (const n of nodes) {
        if (!group.nodes.has(n)) continue
        withOrigin(n, () => {
          if (isPrimitive(n, 'convWeightGradient'))
            all.set(
              n.outputs[0]!,
              createNode('convWeightGradient', n.inputs.map(stacked), n.attributes, n.outputs, n.scope)[0]!,
            )
          else
            all.set(
              n.outputs[0]!,
              batch(
                n,
                n.inputs.map((input) => ({
                  value: varies(input) ? stacked(input) : invariant(input),
                  varies: varies(input),
                })),
                T,
              ),
            )
        })
      }
      continue
    }
    const own = [...group.states].sort((a, b) => a - b)
    const carried = own.map((c) => body.parameters[c]!)
    const made = new Set<Tensor>([...carried, ...[...group.nodes].flatMap(({ outputs }) => outputs)])
    const next = own.map((c) => body.results[c]!)
    const read = new Set([...[...group.nodes].flatMap(({ inputs }) => inputs), ...next])
    const outside = [...read].filter(
      (tensor) => varies(tensor) && !made.has(tensor) && tensor !== body.parameters[first],
    )
    const usedOutside = new Set([
      ...nodes.filter((n) => !group.nodes.has(n) && !sumNodes.has(n)).flatMap(({ inputs }) => inputs),
      ...body.results.slice(carries),
      ...[...sums.values()].flat(),
      ...body.results.slice(0, carries).filter((_, c) => !group.states.has(c)),
    ])
    const ys = [...made].filter((tensor) => usedOutside.has(tensor))
    const t = body.parameters[first]!
    const needsStep = read.has(t) && start !== undefined
    const sequencesOf = [...outside, ...(needsStep ? [t] : [])]
    const index = needsStep
      ? createNode('placeholder', [], { dtype: 'int32', shape: [] }, [{ dtype: 'int32', shape: [] }], node.scope)[0]!
      : t
    const results = [...next, ...ys]
    const parameters = [...carried, ...sequencesOf, index]
    const inner = body.parameters.slice(first + 1)
    const outputs = createNode(
      'scan',
      [...own.map((c) => states[c]!), ...sequencesOf.map(stacked), ...captured],
      {
        length: T,
        reverse,
        carries: own.length,
        sequences: sequencesOf.length,
        body: { parameters: [...parameters, ...inner], results },
      },
      results.map((result, i) => ({
        dtype: result.dtype,
        shape: i < own.length ? result.shape : [T, ...result.shape],
      })),
      node.scope,
    )
    own.forEach((c, i) => (final[c] = outputs[i]!))
    ys.forEach((y, i) => all.set(y, outputs[own.length + i]!))
  }
  for (const [c, terms] of sums) {
    final[c] = terms.reduce((total, term) => {
      const sum = isPrimitive(term.node, 'convWeightGradient')
        ? all.get(term)!
        : createNode('reduceSum', [stacked(term)], { axes: [0] }, [term], node.scope)[0]!
      return createNode('add', [total, sum], {}, [total], node.scope)[0]!
    }, states[c]!)
  }
  return [...body.results.slice(0, carries).map((_, c) => final[c]!), ...body.results.slice(carries).map(stacked)]
}

/** The index of each step: 0 .. T-1, in a piece of a loop from its first step on. */
function stepIndices(t: Tensor, start: Tensor | undefined, T: number, all: Map<Tensor, Tensor>): Tensor {
  const shape = [T]
  const iota = createNode('iota', [], { dtype: 'int32', shape, axis: 0 }, [{ dtype: 'int32', shape }], null)[0]!
  const indices = start ? createNode('add', [iota, repeatSteps(start, T)], {}, [iota], start.node.scope)[0]! : iota
  all.set(t, indices)
  return indices
}
