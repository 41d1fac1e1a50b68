import { fuse, narrow, type Fused, type FusedNest, type FusedPlanes } from '@snn/codegen'
import { sizeOf, type Tensor, type TypedArray } from '@snn/tensor'
import { isPrimitive, topological, type Graph, type Node } from '@snn/tensor/backend'
import { classify, type Classification } from '../classify/classify.js'
import type { Columns } from '../classify/columns.js'
import { inputsOf, type ImageNode } from '../classify/image-operations.js'
import type { FusedScan } from '../classify/role.js'
import { bytesOf, type Place } from '../place.js'
import type { Target } from '../target.js'
import type { Task } from '../task.js'
import { carryPlaces, stepOf } from './carry.js'
import { LivePlaces, newBlock, type Clock } from './live-places.js'
import { Needs, type Constants } from './needs.js'
import { arrange, type ControlNode, type KernelGroup, type Stages } from './stages.js'

/** What all levels of one program share. */
export interface LevelContext extends Clock, Constants {
  readonly target: Target
  readonly check: boolean
  loops: number
}

export interface LevelOptions {
  readonly graph: Graph
  /** Its nodes, inputs first. */
  readonly nodes: readonly Node[]
  /**
   * Parameters that stand for static tensors of an outer level; those that are another tensor there are substituted.
   */
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
  readonly #classes: Classification
  readonly #stages: Stages
  readonly #places: LivePlaces
  readonly #needs: Needs
  readonly #tasks: Task[] = []
  readonly #bodies = new Map<Node, Body>()
  constructor(context: LevelContext, options: LevelOptions) {
    const { name, isLibrary, kernels } = context.target
    this.#context = context
    this.#options = options
    const { graph, nodes, isRepeated } = options
    this.#classes = classify(graph, nodes, {
      isBaked: (read) => context.baked.has(read),
      outer: (tensor) => this.#outer(tensor),
      valueOf: (tensor) => this.#valueOf(tensor),
      outerStatic: (parameter) => options.staticParameters.has(parameter),
      fold: !context.check,
      name,
      isLibrary,
      kernels: isRepeated || kernels?.isWorthwhile(nodes) ? kernels : undefined,
    })
    this.#stages = arrange(this.#classes, kernels?.largestGroup)
    this.#places = new LivePlaces(context, this.#classes.base)
    this.#needs = new Needs(context, this.#classes, this.#stages, this.#places)
    this.#collectNeeds()
  }

  /** Parameters for static tensors of outer levels that kernels read. */
  get outerStatics(): ReadonlySet<Tensor> {
    return this.#needs.outerStatics
  }

  /** `given`: where parameters and reads lie; `destinations`: where each result must end up. */
  plan(given: ReadonlyMap<Tensor, Place>, destinations: readonly Place[]): Task[] {
    const { graph } = this.#options
    for (const [tensor, place] of given) this.#places.set(tensor, place)
    graph.results.forEach((result, i) => this.#places.direct(result, destinations[i]!))
    const { stages } = this.#stages
    stages.forEach(({ library, kernels, control }, i) => {
      this.#planLibrary(
        [...library].flatMap((node) => node.outputs),
        i === 0,
      )
      for (const group of kernels) this.#planKernel(group)
      for (const each of control) this.#planControl(each)
    })
    if (stages.length === 0) this.#planLibrary([], true)
    graph.results.forEach((result, i) => {
      const place = this.#places.of(result)
      if (place !== destinations[i]) this.#copy(place, destinations[i]!, bytesOf(result))
    })
    return this.#tasks
  }

  #planControl({ node, role }: ControlNode): void {
    switch (role.kind) {
      case 'random':
        return this.#planRandom(node as Node<'random'>)
      case 'columns':
        return this.#planWeightGradient(node, role.columns)
      case 'images':
        return this.#planImages(node, role.found)
      case 'planes':
        return this.#planPlanes(role.fused)
      case 'nest':
        return this.#planNest(role.fused)
      case 'fusedScan':
        return this.#planFusedScan(role)
      case 'loop':
        return this.#planLoop(node as Node<'scan'>)
    }
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

  #collectNeeds(): void {
    const { isStatic, source } = this.#classes
    for (const { library, kernels, control } of this.#stages.stages) {
      for (const node of library) {
        for (const input of node.inputs.map(source))
          if (!isStatic(input) && !library.has(input.node)) this.#needs.add(input)
        for (const { node: input } of node.inputs)
          if (this.#isLateCast(input)) this.#needs.addForKernel(source(input.inputs[0]!))
        if (this.#context.check) for (const output of node.outputs) this.#needs.add(output)
      }
      for (const { nodes, sums } of kernels) {
        for (const input of [...nodes, ...sums].flatMap(({ inputs }) => inputs.map(source)))
          if (!nodes.has(input.node)) this.#needs.addForKernel(input)
      }
      for (const each of control) for (const tensor of this.#readsOf(each)) this.#needs.addForKernel(tensor)
    }
    for (const result of this.#options.graph.results) this.#needs.add(result)
  }

  /** What a node that runs by itself reads from memory. */
  #readsOf({ node, role }: ControlNode): readonly Tensor[] {
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

  /** Plans its body, and needs what that captures; gives what else the loop reads. */
  #needForLoop(node: Node<'scan'>): readonly Tensor[] {
    const { body, carries, sequences } = node.attributes
    const staticParameters = new Set<Tensor>()
    const substitutions = new Map(this.#options.substitutions)
    const captured = body.parameters
      .slice(carries + sequences + 1)
      .map((parameter, i) => [parameter, node.inputs[carries + sequences + i]!] as const)
    for (const [parameter, input] of captured) {
      if (!this.#classes.isStatic(input)) continue
      staticParameters.add(parameter)
      if (input !== parameter) substitutions.set(parameter, input)
    }
    const level = new Level(this.#context, {
      graph: body,
      nodes: topological(body),
      staticParameters,
      substitutions,
      isRepeated: true,
    })
    this.#bodies.set(node, { level, staticParameters })
    for (const [parameter, input] of captured) {
      if (!staticParameters.has(parameter)) this.#needs.add(input)
      else if (level.outerStatics.has(parameter)) this.#needs.addForKernel(input)
    }
    return node.inputs.slice(0, carries + sequences)
  }

  /** The next task, in order. */
  #push(task: Task): void {
    this.#tasks.push(task)
    this.#context.time++
  }

  #copy(from: Place, to: Place, bytes: number): void {
    for (const place of [from, to]) this.#places.touch(place)
    if (bytes > 0) this.#push({ kind: 'copy', from, to, bytes })
    else this.#context.time++
  }

  #planLibrary(made: readonly Tensor[], withStatics: boolean): void {
    const { isStatic, isBound } = this.#classes
    const inside = new Set(made)
    const results = [...made.filter((tensor) => this.#needs.has(tensor)), ...(withStatics ? this.#needs.statics : [])]
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
        if (this.#isLateCast(tensor.node))
          this.#planKernel({ size: sizeOf(tensor.shape), nodes: new Set([tensor.node]), sums: [], space: undefined })
        parameters.set(tensor, this.#places.of(tensor))
      }
    }
    results.forEach(visit)

    const graph: Graph = { parameters: [...parameters.keys()], results }
    const inputs = graph.parameters.map((tensor) => this.#places.use(tensor))
    this.#push({
      kind: 'library',
      graph,
      substitutions: this.#options.substitutions,
      inputs,
      outputs: results.map((tensor) => this.#places.define(tensor)),
    })
  }

  #planKernel({ nodes, sums }: KernelGroup): void {
    const isNeeded = (tensor: Tensor): boolean => this.#needs.has(tensor)
    const results = [...nodes].flatMap(({ outputs }) => outputs).filter(isNeeded)
    const added = sums.filter(({ outputs }) => isNeeded(outputs[0]!))
    if (results.length + added.length > 0)
      this.#pushKernel(fuse(results, added, { inside: nodes, isBound: this.#classes.isBound })!)
  }

  #planFusedScan({ fused }: FusedScan): void {
    this.#pushKernel(narrow(fused, (output) => this.#needs.has(output)))
  }

  #pushKernel(fused: Fused): void {
    const { kernel, tensors } = fused
    const inputs = new Map(
      tensors
        .filter((_, i) => kernel.operands[i]!.role === 'input')
        .map((tensor) => [tensor, this.#places.use(tensor)]),
    )
    this.#push({
      kind: 'kernel',
      fused,
      places: tensors.map((tensor) => inputs.get(tensor) ?? this.#places.define(tensor)),
    })
  }

  #planPlanes(fused: FusedPlanes): void {
    this.#push({ kind: 'planes', fused, inputs: this.#use(fused.inputs), output: this.#places.define(fused.output) })
  }

  #planNest(fused: FusedNest): void {
    this.#push({ kind: 'nest', fused, inputs: this.#use(fused.inputs), output: this.#places.define(fused.output) })
  }

  #use(inputs: readonly Tensor[]): Place[] {
    return inputs.map((input) => this.#places.use(input))
  }

  #planImages(root: Node, found: ImageNode): void {
    this.#push({
      kind: 'images',
      found,
      inputs: this.#use(inputsOf(found)),
      output: this.#places.define(root.outputs[0]!),
    })
  }

  #planWeightGradient(node: Node, { windows, product }: Columns): void {
    const [columns, dy] = [windows.output, node.inputs[1]!]
    this.#planNest(windows)
    this.#push({
      kind: 'library',
      graph: product,
      substitutions: new Map(),
      inputs: this.#use([columns, dy]),
      outputs: [this.#places.define(node.outputs[0]!)],
    })
  }

  #planRandom(node: Node<'random'>): void {
    const [output] = node.outputs
    const offset = this.#places.use(node.inputs[0]!)
    this.#push({
      kind: 'random',
      key: node.attributes.key,
      length: sizeOf(output!.shape),
      offset,
      output: this.#places.define(output!),
    })
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
      const place = newBlock(this.#context, bytes, start)
      loopBlocks.push(place)
      return place
    }

    const outputs = node.outputs.map((output) => this.#places.define(output))
    const ys = body.results.slice(carries).map((y, j) => along(outputs[carries + j]!, bytesOf(y)))
    const initial = node.inputs.slice(0, carries).map((input) => this.#places.of(input))
    const places = carryPlaces({ body, carries, length, reverse, loop, initial, outputs, ys, loopBlock })

    const given = new Map<Tensor, Place>()
    body.parameters.forEach((parameter, i) => {
      if (i < carries) given.set(parameter, places.before[i]!)
      else if (i < carries + sequences)
        given.set(parameter, along(this.#places.of(node.inputs[i]!), bytesOf(parameter)))
      else if (i > carries + sequences) {
        const place = this.#places.find(node.inputs[i - 1]!)
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
    const captured = node.inputs.filter(
      (_, i) =>
        i < carries + sequences ||
        !staticParameters.has(body.parameters[i + 1]!) ||
        level.outerStatics.has(body.parameters[i + 1]!),
    )
    for (const place of [...loopBlocks, ...outputs, ...captured.map((input) => this.#places.of(input))])
      this.#places.touch(place)
    this.#context.time = end + 1
    for (const { from, to, bytes } of places.epilogue) this.#copy(from, to, bytes)
  }
}
