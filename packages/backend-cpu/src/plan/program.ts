import { SnnError, isPrimitive, topological, type Graph, type Node, type Program, type Tensor, type TensorLike, type Variable } from '@snn/tensor'
import { inSlot } from '../frame.js'
import type { Instruction } from '../instruction/instruction.js'
import type { OrtLibrary } from '../library.js'
import { planArena, type Block } from './arena.js'
import { planLevel, type Entry, type PlanContext } from './level.js'

/** A program as an instruction list over one arena. Slots: arguments, results, reads, spares of assigned Variables. */
export interface Plan {
  readonly instructions: readonly Instruction[]
  readonly arenaBytes: number
  readonly loops: number
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
  readonly lib: OrtLibrary
  readonly check: boolean
  /** Values of the Variables that become constants of the sessions. */
  readonly baked: ReadonlyMap<Variable, TensorLike>
}

export function planProgram(program: Program, options: PlanOptions): Plan {
  const graph = wholeGraph(program)
  const reads = readsOf(program)
  const entries = new Map<Tensor, Entry>()
  let slot = 0
  const nextSlot = (): Entry => ({ location: inSlot(slot++), blocks: [] })
  for (const parameter of program.parameters) entries.set(parameter, nextSlot())
  const results = program.results.map(nextSlot)
  for (const node of reads) entries.set(node.outputs[0]!, nextSlot())
  const spares = program.assigns.map(nextSlot)

  const baked = new Map(reads.flatMap((node) => {
    const value = options.baked.get(node.attributes.variable)
    return value ? [[node.outputs[0]!, value] as const] : []
  }))
  const blocks: Block[] = []
  const context: PlanContext = { lib: options.lib, check: options.check, baked, blocks, time: 0, loops: 0 }
  const instructions = planLevel(context, { graph, entries, staticParameters: new Set(), substitutions: new Map(), isRepeated: false, destinations: [...results, ...spares] })
  return { instructions, arenaBytes: planArena(blocks), loops: context.loops }
}
