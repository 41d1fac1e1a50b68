import { lowerGraph } from '@snn/onnx'
import { bytesPerElement, isPrimitive, sizeOf, type Graph, type Node, type Shape, type Tensor, type TensorLike, type TypedArray } from '@snn/tensor'
import { atOffset, inArena, type Location } from '../frame.js'
import { CopyInstruction } from '../instruction/copy.js'
import type { Instruction } from '../instruction/instruction.js'
import { LibraryInstruction, type Binding } from '../instruction/library.js'
import { LoopInstruction } from '../instruction/loop.js'
import { RandomInstruction } from '../instruction/random.js'
import type { OrtLibrary } from '../library.js'
import type { Block } from './arena.js'
import { carryPlaces } from './carry.js'
import { partition, type Partition } from './partition.js'

/** Where a value lies, and the blocks of the arena that must live while it is used. */
export interface Entry {
  readonly location: Location
  readonly blocks: readonly Block[]
}

/** What all levels of one program share. */
export interface PlanContext {
  readonly lib: OrtLibrary
  readonly check: boolean
  /** Values of the reads that are constants of this plan. */
  readonly baked: ReadonlyMap<Tensor, TensorLike>
  readonly blocks: Block[]
  /** Number of instructions planned so far: the clock of liveness. */
  time: number
  loops: number
}

export interface LevelOptions {
  readonly graph: Graph
  /** Where parameters and fed reads lie. */
  readonly entries: ReadonlyMap<Tensor, Entry>
  /** Parameters that stand for static tensors of an outer level; those that are another tensor there are substituted. */
  readonly staticParameters: ReadonlySet<Tensor>
  readonly substitutions: ReadonlyMap<Tensor, Tensor>
  /** Whether this is the body of a loop. */
  readonly isRepeated: boolean
  /** Where each result must end up. */
  readonly destinations: readonly Entry[]
}

function inHost(data: TypedArray): Entry {
  return { location: () => data, blocks: [] }
}

export function bytesOf(tensor: { readonly dtype: Tensor['dtype']; readonly shape: Shape }): number {
  return bytesPerElement(tensor.dtype) * sizeOf(tensor.shape)
}

/** Plans one level of a program: its instructions, in order, with the place of every value. */
export function planLevel(context: PlanContext, options: LevelOptions): Instruction[] {
  const level = new Level(context, options)
  return level.plan()
}

class Level {
  readonly #context: PlanContext
  readonly #options: LevelOptions
  readonly #entries: Map<Tensor, Entry>
  readonly #partition: Partition
  readonly #instructions: Instruction[] = []
  /** Tensors that are wanted in memory, other than by nodes of the group that makes them. */
  readonly #needed = new Set<Tensor>()
  /** The destination that a tensor is written to directly. */
  readonly #direct = new Map<Tensor, Entry>()
  readonly #statics = new Set<Tensor>()

  constructor(context: PlanContext, options: LevelOptions) {
    this.#context = context
    this.#options = options
    this.#entries = new Map(options.entries)
    this.#partition = partition(options.graph, {
      isBaked: (read) => context.baked.has(read),
      outerStatic: (parameter) => options.staticParameters.has(parameter),
      fold: !context.check,
    })
  }

  plan(): Instruction[] {
    const { stages } = this.#partition
    const { graph, destinations } = this.#options
    this.#collectNeeded()
    graph.results.forEach((result, i) => {
      const base = this.#base(result)
      if (!this.#entries.has(base) && !this.#direct.has(base)) this.#direct.set(base, destinations[i]!)
    })
    stages.forEach(({ library, control }, i) => {
      this.#planLibrary([...library].flatMap((node) => node.outputs), i === 0)
      for (const node of control) {
        if (isPrimitive(node, 'scan')) this.#planScan(node)
        else if (isPrimitive(node, 'random')) this.#planRandom(node)
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

  #collectNeeded(): void {
    const { stages, isStatic } = this.#partition
    const need = (tensor: Tensor): void => {
      const base = this.#base(tensor)
      if (this.#entries.has(base)) return
      if (isPrimitive(base.node, 'constant') && isStatic(base)) this.#entries.set(base, inHost(base.node.attributes.data))
      else if (isStatic(base)) this.#statics.add(base)
      else this.#needed.add(base)
    }
    for (const { library, control } of stages) {
      for (const node of library) {
        for (const input of node.inputs) if (!isStatic(input) && !library.has(this.#base(input).node)) need(input)
        if (this.#context.check) for (const output of node.outputs) if (node.primitive !== 'reshape') need(output)
      }
      for (const node of control) node.inputs.forEach((input, i) => (this.#isCapturedStatic(node, i) ? undefined : need(input)))
    }
    for (const result of this.#options.graph.results) need(result)
  }

  #isCapturedStatic(node: Node, input: number): boolean {
    return isPrimitive(node, 'scan') && input >= node.attributes.carries + node.attributes.sequences && this.#partition.isStatic(node.inputs[input]!)
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
    const { isStatic } = this.#partition
    const inside = new Set(made)
    const results = [...made.filter((tensor) => this.#needed.has(tensor)), ...(withStatics ? this.#statics : [])]
    if (results.length === 0) return

    // everything that comes from outside of the group is a parameter; statics are made inside
    const parameters = new Map<Tensor, Entry>()
    const seen = new Set<Tensor>()
    const visit = (tensor: Tensor): void => {
      if (seen.has(tensor) || isStatic(tensor)) return
      seen.add(tensor)
      if (inside.has(tensor) && inside.has(this.#base(tensor))) tensor.node.inputs.forEach(visit)
      else parameters.set(tensor, this.#entry(tensor))
    }
    results.forEach(visit)

    const graph: Graph = { parameters: [...parameters.keys()], results }
    const model = lowerGraph(graph, { constants: this.#context.baked, substitutions: this.#options.substitutions })
    const binding = (name: string, tensor: Tensor, location: Location): Binding => ({ name, dtype: tensor.dtype, shape: tensor.shape, location, node: tensor.node })
    const inputs = graph.parameters.map((tensor, i) => binding(model.inputs[i]!.name, tensor, this.#use(tensor)))
    const outputs = results.map((tensor, i) => binding(model.outputs[i]!.name, tensor, this.#define(tensor)))
    this.#instructions.push(new LibraryInstruction(model, inputs, outputs, this.#context.lib, this.#context.check, this.#options.isRepeated))
    this.#context.time++
  }

  #planRandom(node: Node<'random'>): void {
    const [output] = node.outputs
    const offset = this.#use(node.inputs[0]!)
    this.#instructions.push(new RandomInstruction(offset, this.#define(output!), sizeOf(output!.shape), node.attributes.key))
    this.#context.time++
  }

  #planScan(node: Node<'scan'>): void {
    const { body, carries, sequences, length, reverse } = node.attributes
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
    const substitutions = new Map(this.#options.substitutions)
    const staticParameters = new Set<Tensor>()
    body.parameters.forEach((parameter, i) => {
      if (i < carries) entries.set(parameter, places.before[i]!)
      else if (i < carries + sequences) entries.set(parameter, along(this.#entry(node.inputs[i]!), bytesOf(parameter)))
      else if (i > carries + sequences) {
        const input = node.inputs[i - 1]!
        if (this.#isCapturedStatic(node, i - 1)) {
          staticParameters.add(parameter)
          if (input !== parameter) substitutions.set(parameter, input)
        } else entries.set(parameter, this.#entry(input))
      }
    })
    const index = loopBlock(4)
    entries.set(body.parameters[carries + sequences]!, { location: index, blocks: [] })

    for (const { from, to, bytes } of places.prologue) this.#copy(from, to, bytes)
    this.#context.time++
    const instructions = planLevel(this.#context, { graph: body, entries, staticParameters, substitutions, isRepeated: true, destinations: [...places.after, ...ys] })
    this.#instructions.push(new LoopInstruction(loop, length, reverse, instructions, index))
    const end = this.#context.time++
    const alive = [...loopBlocks, ...outputs.flatMap(({ blocks }) => blocks), ...node.inputs.flatMap((input, i) => (this.#isCapturedStatic(node, i) ? [] : this.#entry(input).blocks))]
    for (const block of alive) block.to = Math.max(block.to, end)
    for (const { from, to, bytes } of places.epilogue) this.#copy(from, to, bytes)
  }
}
