import { SnnError, isPrimitive, keepAsBytes, topological, type Graph, type Node, type Program, type Tensor, type TensorLike, type TypedArray, type Variable } from '@snn/tensor'
import { bytesOf, inArena, inSlot, type Location } from '../frame.js'
import { worksOnMemory, type Instruction } from '../instruction/instruction.js'
import { LoopInstruction } from '../instruction/loop.js'
import type { Workshop } from '../kernels/workshop.js'
import type { Region } from '../memory/memory.js'
import type { SessionCache } from '../session-cache.js'
import { planArena, type Block } from './arena.js'
import { Level, type Entry, type PlanContext } from './level.js'
import { readsBytes, wantsKernels } from './partition.js'

/** A constant that kernels read: the executable gives it a place in the memory. */
export interface Resident {
  readonly data: TypedArray
  region: Region | undefined
}

/** A program as an instruction list over one arena. Slots: arguments, results, reads, spares of assigned Variables. */
export interface Plan {
  readonly instructions: readonly Instruction[]
  readonly arenaBytes: number
  readonly loops: number
  /** With kernels, arguments and results lie in the arena while the program runs: where, or undefined without kernels. */
  readonly staging: { readonly parameters: readonly Location[]; readonly results: readonly Location[] } | undefined
  /** Variables that kernels read although sessions hold their values as constants. */
  readonly residents: ReadonlySet<Variable>
  readonly constants: readonly Resident[]
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
  readonly sessions: SessionCache
  /** undefined: no kernels. */
  readonly workshop: Workshop | undefined
  /** Up to which share of values that are not zero a convolution is event-driven; undefined: as measured. */
  readonly eventDensity: number | undefined
  readonly check: boolean
  /** Values of the Variables that become constants of the sessions. */
  readonly baked: ReadonlyMap<Variable, TensorLike>
}

export function planProgram(program: Program, { sessions, workshop, eventDensity, check, baked: values }: PlanOptions): Plan {
  const kernels = check ? undefined : workshop
  const whole = wholeGraph(program)
  const graph = kernels && wantsKernels(whole, false) ? keepAsBytes(whole, { readsBytes }) : whole
  const reads = readsOf(program)
  const entries = new Map<Tensor, Entry>()
  let slot = 0
  const nextSlot = (): Entry => ({ location: inSlot(slot++), blocks: [] })
  for (const parameter of program.parameters) entries.set(parameter, nextSlot())
  const results = program.results.map(nextSlot)
  for (const node of reads) entries.set(node.outputs[0]!, nextSlot())
  const spares = program.assigns.map(nextSlot)

  const baked = new Map(reads.flatMap((node) => {
    const value = values.get(node.attributes.variable)
    return value ? [[node.outputs[0]!, value] as const] : []
  }))
  const blocks: Block[] = []
  const constants = new Map<TypedArray, Resident>()
  const constant = (data: TypedArray): Location => {
    const resident = constants.get(data) ?? { data, region: undefined }
    constants.set(data, resident)
    return ({ arena: { buffer } }) => ({ buffer, byteOffset: resident.region!.offset })
  }
  const context: PlanContext = { sessions, workshop: kernels, eventDensity, check, baked, residents: new Set(), constant, blocks, time: 0, loops: 0 }
  const level = new Level(context, { graph, staticParameters: new Set(), substitutions: new Map(), isRepeated: false })
  const instructions = level.plan(entries, [...results, ...spares])

  const staged = (tensor: Tensor): Location => {
    const block: Block = { bytes: bytesOf(tensor), from: 0, to: context.time, offset: 0 }
    blocks.push(block)
    return inArena(block)
  }
  const staging = usesKernels(instructions) ? { parameters: program.parameters.map(staged), results: program.results.map(staged) } : undefined
  const residents = new Set(reads.filter((node) => context.residents.has(node.outputs[0]!)).map((node) => node.attributes.variable))
  return { instructions, arenaBytes: planArena(blocks), loops: context.loops, staging, residents, constants: [...constants.values()] }
}

function usesKernels(instructions: readonly Instruction[]): boolean {
  return instructions.some((instruction) => worksOnMemory(instruction) || (instruction instanceof LoopInstruction && usesKernels(instruction.body)))
}
