import { SnnError, isPrimitive, keepAsBytes, topological, type Graph, type Node, type Program, type Tensor, type TensorLike, type TypedArray, type Variable } from '@snn/tensor'
import { planArena, type Block } from './arena.js'
import { Level, type PlanContext } from './level.js'
import { readsBytes, wantsKernels } from './partition.js'
import { at, bytesOf, type Place } from './place.js'
import type { Task } from './task.js'

/** A program as a list of tasks over one arena. */
export interface Plan {
  readonly tasks: readonly Task[]
  readonly arenaBytes: number
  readonly loops: number
  /** With kernels, arguments and results lie in the arena while the program runs: where, or undefined without kernels. */
  readonly staging: { readonly parameters: readonly Place[]; readonly results: readonly Place[] } | undefined
  /** Variables that kernels read although library calls hold their values as constants. */
  readonly residents: ReadonlySet<Variable>
  /** Constants that kernels read. */
  readonly constants: readonly TypedArray[]
  /** The reads whose values are constants of library calls. */
  readonly baked: ReadonlyMap<Tensor, TensorLike>
}

/** The Variables that a program reads. */
export function readsOf(program: Program): readonly Node<'read'>[] {
  return topological(wholeGraph(program)).filter((node) => isPrimitive(node, 'read'))
}

function wholeGraph(program: Program): Graph {
  return { parameters: program.parameters, results: [...program.results, ...program.assigns.map(({ value }) => value)] }
}

/** Every node, those in the bodies of scans too. */
function* everyNode(graph: Graph): Generator<Node> {
  for (const node of topological(graph)) {
    yield node
    if (isPrimitive(node, 'scan')) yield* everyNode(node.attributes.body)
  }
}

/** Throws `UNSUPPORTED`, naming the place, for what this backend cannot run. */
export function checkSupported(program: Program): void {
  for (const node of everyNode(wholeGraph(program))) {
    if (isPrimitive(node, 'placeholder')) {
      throw new SnnError('UNBOUND', `[cpu] the placeholder built at ${node.place} has no value, expected an argument. Use compile() or interpret().`, { place: node.place })
    }
    if ([...node.outputs, ...node.inputs].some(({ dtype }) => dtype === 'float64')) {
      throw new SnnError('UNSUPPORTED', `[${node.primitive}] float64 at ${node.place}, expected float32, int32, uint8 or bool on the cpu backend. Cast it, or use the reference backend.`, {
        primitive: node.primitive,
        backend: 'cpu',
      })
    }
  }
}

export interface PlanOptions {
  readonly kernels: boolean
  readonly check: boolean
  /** Values of the Variables that become constants of the sessions. */
  readonly baked: ReadonlyMap<Variable, TensorLike>
}

export function planProgram(program: Program, { kernels, check, baked: values }: PlanOptions): Plan {
  const whole = wholeGraph(program)
  const graph = kernels && wantsKernels(whole, false) ? keepAsBytes(whole, { readsBytes }) : whole
  const reads = readsOf(program)
  const given = new Map<Tensor, Place>()
  program.parameters.forEach((parameter, index) => given.set(parameter, at({ kind: 'parameter', index })))
  reads.forEach((node, index) => given.set(node.outputs[0]!, at({ kind: 'read', index })))
  const destinations = [...program.results.map((_, index) => at({ kind: 'result', index })), ...program.assigns.map((_, index) => at({ kind: 'next', index }))]

  const baked = new Map(reads.flatMap((node) => {
    const value = values.get(node.attributes.variable)
    return value ? [[node.outputs[0]!, value] as const] : []
  }))
  const blocks: Block[] = []
  const constants = new Map<TypedArray, Place>()
  const constant = (data: TypedArray): Place => {
    const place = constants.get(data) ?? at({ kind: 'constant', index: constants.size })
    constants.set(data, place)
    return place
  }
  const context: PlanContext = { kernels, check, baked, residents: new Set(), constant, blocks, time: 0, loops: 0 }
  const level = new Level(context, { graph, staticParameters: new Set(), substitutions: new Map(), isRepeated: false })
  const tasks = level.plan(given, destinations)

  const staged = (tensor: Tensor): Place => {
    const block: Block = { bytes: bytesOf(tensor), from: 0, to: context.time, offset: 0 }
    blocks.push(block)
    return at({ kind: 'block', block })
  }
  const staging = kernels && usesKernels(tasks) ? { parameters: program.parameters.map(staged), results: program.results.map(staged) } : undefined
  const residents = new Set(reads.filter((node) => context.residents.has(node.outputs[0]!)).map((node) => node.attributes.variable))
  return { tasks, arenaBytes: planArena(blocks), loops: context.loops, staging, residents, constants: [...constants.keys()], baked }
}

/** Whether what the tasks read and write must lie in the memory. */
function usesKernels(tasks: readonly Task[]): boolean {
  return tasks.some((task) => (task.kind === 'loop' ? usesKernels(task.body) : task.kind !== 'library' && task.kind !== 'copy'))
}
