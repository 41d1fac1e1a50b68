import { fuse, fuseColumns, fusePlanes, fuseScan, packEventWeights, type Fused, type FusedPlanes } from '@snn/codegen'
import { lowerGraph } from '@snn/onnx'
import { isPrimitive, placeholder, sizeOf, type Graph, type Node, type Tensor, type TensorLike, type TypedArray } from '@snn/tensor'
import { atOffset, bytesOf, inArena, type Location } from '../frame.js'
import { CopyInstruction } from '../instruction/copy.js'
import { EventConvInstruction, measuredDensity } from '../instruction/event-conv.js'
import type { Instruction } from '../instruction/instruction.js'
import { ImagesInstruction, type ImageOperation } from '../instruction/images.js'
import { KernelInstruction } from '../instruction/kernel.js'
import { LibraryInstruction, type Binding } from '../instruction/library.js'
import { LoopInstruction } from '../instruction/loop.js'
import { PlanesInstruction } from '../instruction/planes.js'
import { PlainRandomInstruction, RandomInstruction } from '../instruction/random.js'
import type { Workshop } from '../kernels/workshop.js'
import type { SessionCache } from '../session-cache.js'
import type { Block } from './arena.js'
import { carryPlaces } from './carry.js'
import { inputsOf, planImages, type ImageNode } from './image-operations.js'
import { columnsInputs, isByColumns, partition, wantsKernels, type KernelGroup, type Partition } from './partition.js'

/** Where a value lies, and the blocks of the arena that must live while it is used. */
export interface Entry {
  readonly location: Location
  readonly blocks: readonly Block[]
}

/** What all levels of one program share. */
export interface PlanContext {
  readonly sessions: SessionCache
  /** undefined: no kernels. */
  readonly workshop: Workshop | undefined
  readonly eventDensity: number | undefined
  readonly check: boolean
  /** Values of the reads that are constants of this plan. */
  readonly baked: ReadonlyMap<Tensor, TensorLike>
  /** Baked reads that kernels read, too. */
  readonly residents: Set<Tensor>
  /** The place in the memory of a constant that kernels read. */
  readonly constant: (data: TypedArray) => Location
  readonly blocks: Block[]
  /** Number of instructions planned so far: the clock of liveness. */
  time: number
  loops: number
}

export interface LevelOptions {
  readonly graph: Graph
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

/** One level of a program, all of it or the body of a loop: first what is needed where, then the instructions in order. */
export class Level {
  readonly #context: PlanContext
  readonly #options: LevelOptions
  readonly #entries = new Map<Tensor, Entry>()
  readonly #partition: Partition
  readonly #instructions: Instruction[] = []
  /** Tensors that are wanted in memory, other than by nodes of the group that makes them. */
  readonly #needed = new Set<Tensor>()
  /** The destination that a tensor is written to directly. */
  readonly #direct = new Map<Tensor, Entry>()
  readonly #statics = new Set<Tensor>()
  readonly #bodies = new Map<Node, Body>()
  /** Parameters for static tensors that kernels at this level, or further in, read. */
  readonly staticNeeds = new Set<Tensor>()

  constructor(context: PlanContext, options: LevelOptions) {
    this.#context = context
    this.#options = options
    const { graph, isRepeated } = options
    this.#partition = partition(graph, {
      isBaked: (read) => context.baked.has(read),
      outer: (tensor) => this.#outer(tensor),
      valueOf: (tensor) => this.#valueOf(tensor),
      outerStatic: (parameter) => options.staticParameters.has(parameter),
      fold: !context.check,
      kernels: context.workshop !== undefined && wantsKernels(graph, isRepeated),
    })
    this.#collectNeeded()
  }

  /** `entries`: where parameters and reads lie; `destinations`: where each result must end up. */
  plan(entries: ReadonlyMap<Tensor, Entry>, destinations: readonly Entry[]): Instruction[] {
    const { graph } = this.#options
    for (const [tensor, entry] of entries) this.#entries.set(tensor, entry)
    graph.results.forEach((result, i) => {
      const base = this.#base(result)
      if (!this.#entries.has(base) && !this.#direct.has(base)) this.#direct.set(base, destinations[i]!)
    })
    const { stages } = this.#partition
    stages.forEach(({ library, kernels, control }, i) => {
      this.#planLibrary([...library].flatMap((node) => node.outputs), i === 0)
      for (const group of kernels) this.#planKernel(group)
      for (const node of control) {
        if (isPrimitive(node, 'random')) this.#planRandom(node)
        else if (isByColumns(node)) this.#planWeightGradient(node)
        else if (this.#partition.imageNodes.has(node)) this.#planImages(node, this.#partition.imageNodes.get(node)!)
        else if (!isPrimitive(node, 'scan')) this.#planPlanes(fusePlanes(node)!)
        else if (this.#partition.fusedScans.has(node)) this.#planFusedScan(node)
        else this.#planLoop(node)
      }
    })
    if (stages.length === 0) this.#planLibrary([], true)
    graph.results.forEach((result, i) => {
      const entry = this.#entry(result)
      if (entry !== destinations[i]) this.#copy(entry, destinations[i]!, bytesOf(result))
    })
    return this.#instructions
  }

  #base(tensor: Tensor): Tensor {
    return this.#partition.base(tensor)
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
    const { stages, isStatic, isBound, source, fusedScans, imageNodes, lateCasts } = this.#partition
    for (const { library, kernels, control } of stages) {
      for (const node of library) {
        for (const input of node.inputs.map(source)) if (!isStatic(input) && !library.has(input.node)) this.#need(input)
        for (const { node: input } of node.inputs) if (lateCasts.has(input)) this.#needInMemory(source(input.inputs[0]!))
        if (this.#context.check) for (const output of node.outputs) this.#need(output)
      }
      for (const { nodes, sums } of kernels) {
        for (const input of [...nodes, ...sums].flatMap(({ inputs }) => inputs.map(source))) if (!nodes.has(input.node)) this.#needInMemory(input)
      }
      for (const node of control) {
        const fused = fusedScans.get(node)
        if (fused) for (const tensor of fused.reads) this.#needInMemory(tensor)
        else if (isPrimitive(node, 'scan')) this.#needForLoop(node)
        else if (imageNodes.has(node)) for (const tensor of inputsOf(imageNodes.get(node)!)) this.#needInMemory(tensor)
        else for (const input of isByColumns(node) ? columnsInputs(node, isBound) : node.inputs) this.#needInMemory(input)
      }
    }
    for (const result of this.#options.graph.results) this.#need(result)
  }

  #need(tensor: Tensor): void {
    const { isStatic, isKernelMade, isBound } = this.#partition
    const base = this.#base(tensor)
    const { node } = base
    if (this.#entries.has(base)) return
    if (isPrimitive(node, 'constant') && !isBound(base)) {
      const { data } = node.attributes
      this.#entries.set(base, { location: () => data, blocks: [] })
    } else if (isStatic(base) && !isKernelMade(base)) this.#statics.add(base)
    else if (!isBound(base)) this.#needed.add(base)
  }

  /** What a kernel reads must lie in the memory that kernels work on. */
  #needInMemory(tensor: Tensor): void {
    const { isStatic, isBound } = this.#partition
    const base = this.#base(tensor)
    const { node } = base
    if (isBound(base)) {
      if (this.#context.baked.has(base)) this.#context.residents.add(base)
      else if (isStatic(base)) this.staticNeeds.add(base)
    } else if (isPrimitive(node, 'constant')) this.#entries.set(base, { location: this.#context.constant(node.attributes.data), blocks: [] })
    else this.#need(base)
  }

  #needForLoop(node: Node<'scan'>): void {
    const { body, carries, sequences } = node.attributes
    const staticParameters = new Set<Tensor>()
    const substitutions = new Map(this.#options.substitutions)
    const captured = body.parameters.slice(carries + sequences + 1).map((parameter, i) => [parameter, node.inputs[carries + sequences + i]!] as const)
    for (const [parameter, input] of captured) {
      if (!this.#partition.isStatic(input)) continue
      staticParameters.add(parameter)
      if (input !== parameter) substitutions.set(parameter, input)
    }
    const level = new Level(this.#context, { graph: body, staticParameters, substitutions, isRepeated: true })
    this.#bodies.set(node, { level, staticParameters })
    for (const [parameter, input] of captured) {
      if (!staticParameters.has(parameter)) this.#need(input)
      else if (level.staticNeeds.has(parameter)) this.#needInMemory(input)
    }
    for (const input of node.inputs.slice(0, carries + sequences)) this.#needInMemory(input)
  }

  #entry(tensor: Tensor): Entry {
    return this.#entries.get(this.#base(tensor))!
  }

  /** Reads the value now: it must live until here. */
  #use(tensor: Tensor): Location {
    const { location, blocks } = this.#entry(tensor)
    for (const block of blocks) block.to = Math.max(block.to, this.#context.time)
    return location
  }

  #block(bytes: number, from: number): Block {
    const block: Block = { bytes, from, to: from, offset: 0 }
    this.#context.blocks.push(block)
    return block
  }

  /** A place for a tensor made now: its destination, or a block. */
  #define(tensor: Tensor): Location {
    let entry = this.#direct.get(tensor)
    if (!entry) {
      const block = this.#block(bytesOf(tensor), this.#context.time)
      entry = { location: inArena(block), blocks: [block] }
    }
    for (const block of entry.blocks) block.to = Math.max(block.to, this.#context.time)
    this.#entries.set(tensor, entry)
    return entry.location
  }

  #copy(from: Entry, to: Entry, bytes: number): void {
    for (const block of [...from.blocks, ...to.blocks]) block.to = Math.max(block.to, this.#context.time)
    if (bytes > 0) this.#instructions.push(new CopyInstruction(from.location, to.location, bytes))
    this.#context.time++
  }

  #planLibrary(made: readonly Tensor[], withStatics: boolean): void {
    const { isStatic, isBound, lateCasts } = this.#partition
    const inside = new Set(made)
    const results = [...made.filter((tensor) => this.#needed.has(tensor)), ...(withStatics ? this.#statics : [])]
    if (results.length === 0) return

    // everything that comes from outside of the group is a parameter; statics, reshapes and broadcasts are made inside
    const parameters = new Map<Tensor, Entry>()
    const seen = new Set<Tensor>()
    const visit = (tensor: Tensor): void => {
      if (seen.has(tensor) || isStatic(tensor)) return
      seen.add(tensor)
      const isView = ['reshape', 'broadcast'].includes(tensor.node.primitive) && !isBound(tensor)
      if (inside.has(tensor) || isView) tensor.node.inputs.forEach(visit)
      else {
        if (lateCasts.has(tensor.node)) this.#planKernel({ size: sizeOf(tensor.shape), nodes: new Set([tensor.node]), sums: [], space: undefined })
        parameters.set(tensor, this.#entry(tensor))
      }
    }
    results.forEach(visit)

    const graph: Graph = { parameters: [...parameters.keys()], results }
    const model = lowerGraph(graph, { constants: this.#context.baked, substitutions: this.#options.substitutions })
    const binding = (name: string, tensor: Tensor, location: Location): Binding => ({ name, dtype: tensor.dtype, shape: tensor.shape, location, node: tensor.node })
    const inputs = graph.parameters.map((tensor, i) => binding(model.inputs[i]!.name, tensor, this.#use(tensor)))
    const outputs = results.map((tensor, i) => binding(model.outputs[i]!.name, tensor, this.#define(tensor)))
    this.#instructions.push(new LibraryInstruction(model, inputs, outputs, this.#context.sessions, this.#context.check))
    this.#context.time++
  }

  #planKernel({ nodes, sums }: KernelGroup): void {
    const isNeeded = (tensor: Tensor): boolean => this.#needed.has(tensor)
    const results = [...nodes].flatMap(({ outputs }) => outputs).filter(isNeeded)
    const added = sums.filter(({ outputs }) => isNeeded(outputs[0]!))
    if (results.length + added.length > 0) this.#pushKernel(fuse(results, added, { inside: nodes, isBound: this.#partition.isBound })!)
  }

  #planFusedScan(node: Node<'scan'>): void {
    const isWanted = (output: Tensor): boolean => this.#needed.has(output)
    const pools = this.#partition.fusedScans.get(node)!.pools.filter(({ output }) => isWanted(output))
    this.#pushKernel(fuseScan(node, { isBound: this.#partition.isBound, isWanted, pools })!)
  }

  #pushKernel(fused: Fused): void {
    const { kernel, tensors } = fused
    const inputs = new Map(tensors.filter((_, i) => kernel.operands[i]!.role === 'input').map((tensor) => [tensor, this.#use(tensor)]))
    const locations = tensors.map((tensor) => inputs.get(tensor) ?? this.#define(tensor))
    this.#instructions.push(new KernelInstruction(fused, locations, this.#context.workshop!))
    this.#context.time++
  }

  #planPlanes(fused: FusedPlanes): void {
    const inputs = fused.inputs.map((input) => this.#use(input))
    this.#instructions.push(new PlanesInstruction(fused, [...inputs, this.#define(fused.output)], this.#context.workshop!))
    this.#context.time++
  }

  #planImages(root: Node, found: ImageNode): void {
    const { workshop, sessions, constant, eventDensity } = this.#context
    const inputs = inputsOf(found).map((input) => this.#use(input))
    const operation: ImageOperation = { ...planImages(found), inputs, output: this.#define(root.outputs[0]!) }
    const { kernel, weights, biases } = found
    const density = kernel ? (eventDensity ?? measuredDensity(kernel)) : 0
    if (density > 0) {
      const packed = constant(packEventWeights(kernel!, weights as TypedArray, biases as TypedArray | undefined))
      this.#instructions.push(new EventConvInstruction(operation, { kernel: kernel!, weights: packed, density }, workshop!, sessions))
    } else this.#instructions.push(new ImagesInstruction(operation, workshop!, sessions))
    this.#context.time++
  }

  /** dw [O, C, kernel] = sum over images of dy [O, windows] times the windows of x, [C kernel, windows] transposed. */
  #planWeightGradient(node: Node<'convWeightGradient'>): void {
    const [, dy] = node.inputs as readonly [Tensor, Tensor]
    const [weight] = node.outputs as readonly [Tensor]
    const [filters, channels, ...kernel] = weight.shape as [number, number, ...number[]]
    const places = sizeOf(dy.shape.slice(-kernel.length))
    const images = sizeOf(dy.shape) / (filters * places)
    const columns = placeholder([images, channels * sizeOf(kernel), places])
    const given = placeholder([images, filters, places])
    const result = columns.matmul(given.transpose()).sum(0).transpose().reshape(weight.shape)
    this.#planPlanes(fuseColumns(node, columns, this.#partition.isBound)!)
    const model = lowerGraph({ parameters: [columns, given], results: [result] })
    const binding = (name: string, tensor: Tensor, location: Location): Binding => ({ name, dtype: tensor.dtype, shape: tensor.shape, location, node })
    const inputs = [binding(model.inputs[0]!.name, columns, this.#use(columns)), binding(model.inputs[1]!.name, given, this.#use(dy))]
    this.#instructions.push(new LibraryInstruction(model, inputs, [binding(model.outputs[0]!.name, weight, this.#define(weight))], this.#context.sessions, this.#context.check))
    this.#context.time++
  }

  #planRandom(node: Node<'random'>): void {
    const [output] = node.outputs
    const offset = this.#use(node.inputs[0]!)
    const to = this.#define(output!)
    const { workshop } = this.#context
    const [length, { key }] = [sizeOf(output!.shape), node.attributes]
    this.#instructions.push(workshop ? new RandomInstruction(offset, to, length, key, workshop) : new PlainRandomInstruction(offset, to, length, key))
    this.#context.time++
  }

  #planLoop(node: Node<'scan'>): void {
    const { body, carries, sequences, length, reverse } = node.attributes
    const { level, staticParameters } = this.#bodies.get(node)!
    const loop = this.#context.loops++
    const start = this.#context.time
    const step = reverse ? (i: number): number => length - 1 - i : (i: number): number => i
    const along = (sequence: Entry, bytes: number): Entry => ({
      location: atOffset(sequence.location, ({ iterations }) => step(iterations[loop]!) * bytes),
      blocks: sequence.blocks,
    })
    // blocks of the loop live from its start to its end
    const loopBlocks: Block[] = []
    const loopBlock = (bytes: number): Location => {
      const block = this.#block(bytes, start)
      loopBlocks.push(block)
      return inArena(block)
    }

    const outputs = node.outputs.map((output) => {
      this.#define(output)
      return this.#entry(output)
    })
    const ys = body.results.slice(carries).map((y, j) => along(outputs[carries + j]!, bytesOf(y)))
    const initial = node.inputs.slice(0, carries).map((input) => this.#entry(input))
    const places = carryPlaces({ body, carries, length, loop, initial, outputs, ys, step, loopBlock })

    const entries = new Map<Tensor, Entry>()
    body.parameters.forEach((parameter, i) => {
      if (i < carries) entries.set(parameter, places.before[i]!)
      else if (i < carries + sequences) entries.set(parameter, along(this.#entry(node.inputs[i]!), bytesOf(parameter)))
      else if (i > carries + sequences) {
        const entry = this.#entries.get(this.#base(node.inputs[i - 1]!))
        if (entry) entries.set(parameter, entry)
      }
    })
    const index = loopBlock(4)
    entries.set(body.parameters[carries + sequences]!, { location: index, blocks: [] })

    for (const { from, to, bytes } of places.prologue) this.#copy(from, to, bytes)
    this.#context.time++
    const instructions = level.plan(entries, [...places.after, ...ys])
    this.#instructions.push(new LoopInstruction(loop, length, reverse, instructions, index))
    const end = this.#context.time++
    const captured = node.inputs.filter((_, i) => i < carries + sequences || !staticParameters.has(body.parameters[i + 1]!) || level.staticNeeds.has(body.parameters[i + 1]!))
    const alive = [...loopBlocks, ...outputs.flatMap(({ blocks }) => blocks), ...captured.flatMap((input) => this.#entry(input).blocks)]
    for (const block of alive) block.to = Math.max(block.to, end)
    for (const { from, to, bytes } of places.epilogue) this.#copy(from, to, bytes)
  }
}
