import type { Tensor, TensorLike, TypedArray, Variable } from '@snn/tensor'
import { planArena } from './plan/arena.js'
import { Level, type LevelContext } from './plan/level.js'
import { newBlock } from './plan/live-places.js'
import { at, bytesOf, type Place } from './place.js'
import type { Prepared } from './prepare.js'
import type { Target } from './target.js'
import type { Task } from './task.js'

/** A program as a list of tasks over one arena: data, of which a backend makes what it runs. */
export interface Schedule {
  readonly tasks: readonly Task[]
  /** Bytes of the arena, in which all blocks have their places. */
  readonly arenaBytes: number
  /** How many loops there are; their numbers begin with 0. */
  readonly loops: number
  /** Where arguments and results lie in the arena while the program runs; undefined where they may lie anywhere. */
  readonly staging: { readonly parameters: readonly Place[]; readonly results: readonly Place[] } | undefined
  /** Variables that kernels read although library calls hold their values as constants. */
  readonly residents: ReadonlySet<Variable>
  /** Constants that kernels read, by the numbers that places have for them. */
  readonly constants: readonly TypedArray[]
  /** The reads whose values are constants of library calls. */
  readonly baked: ReadonlyMap<Tensor, TensorLike>
}

export interface ScheduleOptions {
  /** Whether every result of an operation lies in memory, so that it can be looked at. */
  readonly check: boolean
  /** Values of the Variables that become constants of library calls. */
  readonly baked: ReadonlyMap<Variable, TensorLike>
}

/** What the target runs for a program that was prepared for it, in order, and where everything lies. */
export function schedule(
  { program, graph, nodes, reads }: Prepared,
  target: Target,
  { check, baked: values }: ScheduleOptions,
): Schedule {
  const given = new Map<Tensor, Place>()
  program.parameters.forEach((parameter, index) => given.set(parameter, at({ kind: 'parameter', index })))
  reads.forEach((node, index) => given.set(node.outputs[0]!, at({ kind: 'read', index })))
  const destinations = [
    ...program.results.map((_, index) => at({ kind: 'result', index })),
    ...program.assigns.map((_, index) => at({ kind: 'next', index })),
  ]

  const baked = new Map(
    reads.flatMap((node) => {
      const value = values.get(node.attributes.variable)
      return value ? [[node.outputs[0]!, value] as const] : []
    }),
  )
  const constants = new Map<TypedArray, Place>()
  const constant = (data: TypedArray): Place => {
    const place = constants.get(data) ?? at({ kind: 'constant', index: constants.size })
    constants.set(data, place)
    return place
  }
  const context: LevelContext = { target, check, baked, residents: new Set(), constant, blocks: [], time: 0, loops: 0 }
  const level = new Level(context, {
    graph,
    nodes,
    staticParameters: new Set(),
    substitutions: new Map(),
    isRepeated: false,
  })
  const tasks = level.plan(given, destinations)

  const staged = (tensor: Tensor): Place => newBlock(context, bytesOf(tensor), 0, context.time)
  const staging = tasks.some((task) => isOnDevice(task, target))
    ? { parameters: program.parameters.map(staged), results: program.results.map(staged) }
    : undefined
  const residents = new Set(
    reads.filter((node) => context.residents.has(node.outputs[0]!)).map((node) => node.attributes.variable),
  )
  return {
    tasks,
    arenaBytes: planArena(context.blocks, target.alignment),
    loops: context.loops,
    staging,
    residents,
    constants: [...constants.keys()],
    baked,
  }
}

/** Whether what a task reads and writes must lie in the memory of the device. */
function isOnDevice(task: Task, target: Target): boolean {
  switch (task.kind) {
    case 'loop':
      return task.body.some((inner) => isOnDevice(inner, target))
    case 'library':
      return !target.isLibraryAnywhere
    case 'random':
      return target.kernels !== undefined
    case 'copy':
      return false
    default:
      return true
  }
}
