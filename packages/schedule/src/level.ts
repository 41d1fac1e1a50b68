import { fuse, narrow, type Fused, type FusedPlanes } from '@snn/codegen'
import { isPrimitive, sizeOf, topological, type Graph, type Node, type Tensor, type TensorLike, type TypedArray } from '@snn/tensor'
import type { Block } from './arena.js'
import { carryPlaces, stepOf } from './carry.js'
import { classify, type Classification } from './classify/classify.js'
import type { Columns } from './classify/columns.js'
import { inputsOf, type ImageNode } from './classify/image-operations.js'
import type { FusedScan } from './classify/role.js'
import { at, blocksOf, bytesOf, type Place } from './place.js'
import { arrange, type KernelGroup, type Stages, type Step } from './stages.js'
import type { Target } from './target.js'
import type { Task } from './task.js'

/** What all levels of one program share. */
export interface LevelContext {
  readonly target: Target
  readonly check: boolean
  /** Values of the reads that are constants of this plan. */
  readonly baked: ReadonlyMap<Tensor, TensorLike>
  /** Baked reads that kernels read, too. */
  readonly residents: Set<Tensor>
  /** The place in the memory of a constant that kernels read. */
  readonly constant: (data: TypedArray) => Place
  readonly blocks: Block[]
  /** Number of tasks planned so far: the clock of liveness. */
  time: number
  loops: number
}

export interface LevelOptions {
  readonly graph: Graph
  /** Its nodes, inputs first. */
  readonly nodes: readonly Node[]
  /** Parameters that stand for static tensors of an outer level; those that are another tensor there are substituted. */
  readonly staticParameters: ReadonlySet<Tensor>
  readonly substitutions: ReadonlyMap<Tensor, Tensor>
  /** Whether this is the body of a loop. */
  readonly isRepeated: boolean
}

/** The bodies of loops, planned with the scans they belong to. */
interface Body {
  readonly level: Level
  readonly staticParameters: ReadonlySet<Tensor>
}

/** One level of a program, all of it or the body of a loop: first what is needed where, then the tasks in order. */
export class Level {
  readonly #context: LevelContext
  readonly #options: LevelOptions
  /** Where tensors lie. */
  readonly #places = new Map<Tensor, Place>()
  readonly #classes: Classification
  readonly #stages: Stages
  readonly #tasks: Task[] = []
  /** Tensors that are wanted in memory, other than by nodes of the group that makes them. */
  readonly #needed = new Set<Tensor>()
  /** The destination that a tensor is written to directly. */
  readonly #direct = new Map<Tensor, Place>()
  readonly #statics = new Set<Tensor>()
  readonly #bodies = new Map<Node, Body>()
  /** Parameters for static tensors that kernels at this level, or further in, read. */
  readonly staticNeeds = new Set<Tensor>()

  constructor(context: LevelContext, options: LevelOptions) {
    const { isLibrary, kernels } = context.target
    this.#context = context
    this.#options = options
    const { graph, nodes, isRepeated } = options
    this.#classes = classify(graph, nodes, {
      isBaked: (read) => context.baked.has(read),
      outer: (tensor) => this.#outer(tensor),
      valueOf: (tensor) => this.#valueOf(tensor),
      outerStatic: (parameter) => options.staticParameters.has(parameter),
      fold: !context.check,
      isLibrary,
      kernels: isRepeated || kernels?.isWorthwhile(nodes) ? kernels : undefined,
    })
    this.#stages = arrange(this.#classes, kernels?.largestGroup)
    this.#collectNeeded()
  }

  /** `given`: where parameters and reads lie; `destinations`: where each result must end up. */
  plan(given: ReadonlyMap<Tensor, Place>, destinations: readonly Place[]): Task[] {
    const { graph } = this.#options
    for (const [tensor, place] of given) this.#places.set(tensor, place)
    graph.results.forEach((result, i) => {
      const base = this.#base(result)
      if (!this.#places.has(base) && !this.#direct.has(base)) this.#direct.set(base, destinations[i]!)
    })
    const { stages } = this.#stages
    stages.forEach(({ library, kernels, control }, i) => {
      this.#planLibrary([...library].flatMap((node) => node.outputs), i === 0)
      for (const group of kernels) this.#planKernel(group)
      for (const step of control) this.#planStep(step)
    })
    if (stages.length === 0) this.#planLibrary([], true)
    graph.results.forEach((result, i) => {
      const place = this.#place(result)
      if (place !== destinations[i]) this.#copy(place, destinations[i]!, bytesOf(result))
    })
    return this.#tasks
  }

  #planStep({ node, role }: Step): void {
    switch (role.kind) {
      case 'random':
        return this.#planRandom(node as Node<'random'>)
      case 'columns':
        return this.#planWeightGradient(node, role.columns)
      case 'images':
        return this.#planImages(node, role.found)
      case 'planes':
        return this.#planPlanes(role.fused)
      case 'fusedScan':
        return this.#planFusedScan(role)
      case 'loop':
        return this.#planLoop(node as Node<'scan'>)
    }
  }

  #base(tensor: Tensor): Tensor {
    return this.#classes.base(tensor)
  }

  /** The tensor of an outer level that a parameter stands for. */
  #outer(tensor: Tensor): Tensor {
    let at = tensor
    for (let outer = this.#options.substitutions.get(at); outer; outer = this.#options.substitutions.get(at)) at = outer
    return at
  }

  /** The value of a tensor that is constant, here or outside. */
  #valueOf(tensor: Tensor): TypedArray | undefined {
    const at = this.#outer(tensor)
    return this.#context.baked.get(at)?.data ?? (isPrimitive(at.node, 'constant') ? at.node.attributes.data : undefined)
  }

  #collectNeeded(): void {
    const { isStatic, source } = this.#classes
    for (const { library, kernels, control } of this.#stages.stages) {
      for (const node of library) {
        for (const input of node.inputs.map(source)) if (!isStatic(input) && !library.has(input.node)) this.#need(input)
        for (const { node: input } of node.inputs) if (this.#isLateCast(input)) this.#needInMemory(source(input.inputs[0]!))
        if (this.#context.check) for (const output of node.outputs) this.#need(output)
      }
      for (const { nodes, sums } of kernels) {
        for (const input of [...nodes, ...sums].flatMap(({ inputs }) => inputs.map(source))) if (!nodes.has(input.node)) this.#needInMemory(input)
      }
      for (const step of control) for (const tensor of this.#readsOf(step)) this.#needInMemory(tensor)
    }
    for (const result of this.#options.graph.results) this.#need(result)
  }

  /** What a step reads from memory. */
  #readsOf({ node, role }: Step): readonly Tensor[] {
    switch (role.kind) {
      case 'fusedScan':
        return role.reads
      case 'loop':
        return this.#needForLoop(node as Node<'scan'>)
      case 'images':
        return inputsOf(role.found)
      case 'columns':
        return [...role.columns.windows.inputs, node.inputs[1]!]
      default:
        return node.inputs
    }
  }

  #isLateCast(node: Node): boolean {
    return this.#classes.roles.get(node)?.kind === 'lateCast'
  }

  #need(tensor: Tensor): void {
    const { isStatic, isBound } = this.#classes
    const base = this.#base(tensor)
    const { node } = base
    if (this.#places.has(base)) return
    if (isPrimitive(node, 'constant') && !isBound(base)) {
      const { data } = node.attributes
      this.#places.set(base, at({ kind: 'host', data }))
    } else if (isStatic(base) && !this.#stages.isKernelMade(base)) this.#statics.add(base)
    else if (!isBound(base)) this.#needed.add(base)
  }

  /** What a kernel reads must lie in the memory that kernels work on. */
  #needInMemory(tensor: Tensor): void {
    const { isStatic, isBound } = this.#classes
    const base = this.#base(tensor)
    const { node } = base
    if (isBound(base)) {
      if (this.#context.baked.has(base)) this.#context.residents.add(base)
      else if (isStatic(base)) this.staticNeeds.add(base)
    } else if (isPrimitive(node, 'constant')) this.#places.set(base, this.#context.constant(node.attributes.data))
    else this.#need(base)
  }

  /** Plans its body, and needs what that captures; gives what else the loop reads. */
  #needForLoop(node: Node<'scan'>): readonly Tensor[] {
    const { body, carries, sequences } = node.attributes
    const staticParameters = new Set<Tensor>()
    const substitutions = new Map(this.#options.substitutions)
    const captured = body.parameters.slice(carries + sequences + 1).map((parameter, i) => [parameter, node.inputs[carries + sequences + i]!] as const)
    for (const [parameter, input] of captured) {
      if (!this.#classes.isStatic(input)) continue
      staticParameters.add(parameter)
      if (input !== parameter) substitutions.set(parameter, input)
    }
    const level = new Level(this.#context, { graph: body, nodes: topological(body), staticParameters, substitutions, isRepeated: true })
    this.#bodies.set(node, { level, staticParameters })
    for (const [parameter, input] of captured) {
      if (!staticParameters.has(parameter)) this.#need(input)
      else if (level.staticNeeds.has(parameter)) this.#needInMemory(input)
    }
    return node.inputs.slice(0, carries + sequences)
  }

  #place(tensor: Tensor): Place {
    return this.#places.get(this.#base(tensor))!
  }

  /** What lies there must live until now. */
  #touch(place: Place): void {
    for (const block of blocksOf(place)) block.to = Math.max(block.to, this.#context.time)
  }

  /** Reads the value now. */
  #use(tensor: Tensor): Place {
    const place = this.#place(tensor)
    this.#touch(place)
    return place
  }

  #block(bytes: number, from: number): Place {
    const block: Block = { bytes, from, to: from, offset: 0 }
    this.#context.blocks.push(block)
    return at({ kind: 'block', block })
  }

  /** A place for a tensor made now: its destination, or a block. */
  #define(tensor: Tensor): Place {
    const place = this.#direct.get(tensor) ?? this.#block(bytesOf(tensor), this.#context.time)
    this.#touch(place)
    this.#places.set(tensor, place)
    return place
  }

  /** The next task, in order. */
  #push(task: Task): void {
    this.#tasks.push(task)
    this.#context.time++
  }

  #copy(from: Place, to: Place, bytes: number): void {
    for (const place of [from, to]) this.#touch(place)
    if (bytes > 0) this.#push({ kind: 'copy', from, to, bytes })
    else this.#context.time++
  }

  #planLibrary(made: readonly Tensor[], withStatics: boolean): void {
    const { isStatic, isBound } = this.#classes
    const inside = new Set(made)
    const results = [...made.filter((tensor) => this.#needed.has(tensor)), ...(withStatics ? this.#statics : [])]
    if (results.length === 0) return

    // everything that comes from outside of the group is a parameter; statics, reshapes and broadcasts are made inside
    const parameters = new Map<Tensor, Place>()
    const seen = new Set<Tensor>()
    const visit = (tensor: Tensor): void => {
      if (seen.has(tensor) || isStatic(tensor)) return
      seen.add(tensor)
      const isView = ['reshape', 'broadcast'].includes(tensor.node.primitive) && !isBound(tensor)
      if (inside.has(tensor) || isView) tensor.node.inputs.forEach(visit)
      else {
        if (this.#isLateCast(tensor.node)) this.#planKernel({ size: sizeOf(tensor.shape), nodes: new Set([tensor.node]), sums: [], space: undefined })
        parameters.set(tensor, this.#place(tensor))
      }
    }
    results.forEach(visit)

    const graph: Graph = { parameters: [...parameters.keys()], results }
    const inputs = graph.parameters.map((tensor) => this.#use(tensor))
    this.#push({ kind: 'library', graph, substitutions: this.#options.substitutions, inputs, outputs: results.map((tensor) => this.#define(tensor)) })
  }

  #planKernel({ nodes, sums }: KernelGroup): void {
    const isNeeded = (tensor: Tensor): boolean => this.#needed.has(tensor)
    const results = [...nodes].flatMap(({ outputs }) => outputs).filter(isNeeded)
    const added = sums.filter(({ outputs }) => isNeeded(outputs[0]!))
    if (results.length + added.length > 0) this.#pushKernel(fuse(results, added, { inside: nodes, isBound: this.#classes.isBound })!)
  }

  #planFusedScan({ fused }: FusedScan): void {
    this.#pushKernel(narrow(fused, (output) => this.#needed.has(output)))
  }

  #pushKernel(fused: Fused): void {
    const { kernel, tensors } = fused
    const inputs = new Map(tensors.filter((_, i) => kernel.operands[i]!.role === 'input').map((tensor) => [tensor, this.#use(tensor)]))
    this.#push({ kind: 'kernel', fused, places: tensors.map((tensor) => inputs.get(tensor) ?? this.#define(tensor)) })
  }

  #planPlanes(fused: FusedPlanes): void {
    const inputs = fused.inputs.map((input) => this.#use(input))
    this.#push({ kind: 'planes', fused, inputs, output: this.#define(fused.output) })
  }

  #planImages(root: Node, found: ImageNode): void {
    const inputs = inputsOf(found).map((input) => this.#use(input))
    this.#push({ kind: 'images', found, inputs, output: this.#define(root.outputs[0]!) })
  }

  #planWeightGradient(node: Node, { windows, product }: Columns): void {
    const [columns, dy] = [windows.output, node.inputs[1]!]
    this.#planPlanes(windows)
    const inputs = [this.#use(columns), this.#use(dy)]
    this.#push({ kind: 'library', graph: product, substitutions: new Map(), inputs, outputs: [this.#define(node.outputs[0]!)] })
  }

  #planRandom(node: Node<'random'>): void {
    const [output] = node.outputs
    const offset = this.#use(node.inputs[0]!)
    this.#push({ kind: 'random', key: node.attributes.key, length: sizeOf(output!.shape), offset, output: this.#define(output!) })
  }

  #planLoop(node: Node<'scan'>): void {
    const { body, carries, sequences, length, reverse } = node.attributes
    const { level, staticParameters } = this.#bodies.get(node)!
    const loop = this.#context.loops++
    const start = this.#context.time
    const along = (sequence: Place, bytes: number): Place => stepOf(sequence, bytes, { loop, length, reverse })
    // blocks of the loop live from its start to its end
    const loopBlocks: Place[] = []
    const loopBlock = (bytes: number): Place => {
      const place = this.#block(bytes, start)
      loopBlocks.push(place)
      return place
    }

    const outputs = node.outputs.map((output) => {
      this.#define(output)
      return this.#place(output)
    })
    const ys = body.results.slice(carries).map((y, j) => along(outputs[carries + j]!, bytesOf(y)))
    const initial = node.inputs.slice(0, carries).map((input) => this.#place(input))
    const places = carryPlaces({ body, carries, length, reverse, loop, initial, outputs, ys, loopBlock })

    const given = new Map<Tensor, Place>()
    body.parameters.forEach((parameter, i) => {
      if (i < carries) given.set(parameter, places.before[i]!)
      else if (i < carries + sequences) given.set(parameter, along(this.#place(node.inputs[i]!), bytesOf(parameter)))
      else if (i > carries + sequences) {
        const place = this.#places.get(this.#base(node.inputs[i - 1]!))
        if (place) given.set(parameter, place)
      }
    })
    const index = loopBlock(4)
    given.set(body.parameters[carries + sequences]!, index)

    for (const { from, to, bytes } of places.prologue) this.#copy(from, to, bytes)
    this.#context.time++
    const tasks = level.plan(given, [...places.after, ...ys])
    this.#tasks.push({ kind: 'loop', loop, length, reverse, body: tasks, index })
    const end = this.#context.time
    const captured = node.inputs.filter((_, i) => i < carries + sequences || !staticParameters.has(body.parameters[i + 1]!) || level.staticNeeds.has(body.parameters[i + 1]!))
    for (const place of [...loopBlocks, ...outputs, ...captured.map((input) => this.#place(input))]) this.#touch(place)
    this.#context.time = end + 1
    for (const { from, to, bytes } of places.epilogue) this.#copy(from, to, bytes)
  }
}
