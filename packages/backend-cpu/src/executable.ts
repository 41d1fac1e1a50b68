import { at, bytesOf, prepare, schedule, type Place, type Prepared, type Schedule, type Target } from '@snn/schedule'
import {
  SnnError,
  hostTensor,
  sizeOf,
  type HostTensor,
  type Tensor,
  type TensorLike,
  type TypedArray,
  type Variable,
} from '@snn/tensor'
import type { CompileOptions, DeviceTensor, Executable, Program, RunOptions } from '@snn/tensor/backend'
import { allocate } from '@snn/tensor/library'
import type { CpuBackend } from './cpu.js'
import { bytesAt, locate, viewOf, type Frame, type Slots, type Span } from './frame.js'
import { LoopInstruction } from './instruction/loop.js'
import { runAll, type Instruction } from './instruction/instruction.js'
import { nativeError } from './kernels/native.js'
import { mostRebuilds, nativeAfter } from './machine.js'
import type { Region } from './memory/memory.js'
import { realize } from './realize.js'
import { targetOf } from './target.js'

export async function createExecutable(
  backend: CpuBackend,
  program: Program,
  options: CompileOptions = {},
): Promise<Executable> {
  // what is checked is computed by the library, operation by operation
  const check = options.check === 'nan'
  const target = targetOf({ splits: backend.workshop !== undefined, kernels: backend.workshop !== undefined && !check })
  const executable = new CpuExecutable(backend, prepare(program, target), target, check)
  // memory must not move while another program runs
  await backend.enqueue(() => executable.build())
  return executable
}

/**
 * A schedule with the instructions for its tasks, and where constants lie in the memory: those of the schedule first.
 */
interface PlacedSchedule extends Schedule {
  readonly instructions: readonly Instruction[]
  readonly constants: readonly TypedArray[]
  readonly regions: Region[]
  /** The numbers of the kernels. */
  readonly kernels: readonly number[]
}

class CpuExecutable implements Executable {
  readonly #backend: CpuBackend
  readonly #prepared: Prepared
  readonly #target: Target
  readonly #check: boolean
  /**
   * Variables that are only read. Their values are constants of the sessions, so that ONNX Runtime folds and packs
   * them.
   */
  readonly #constant: Set<Variable>
  readonly #read: readonly Variable[]
  #versions = new Map<Variable, number>()
  #plan: PlacedSchedule | undefined
  #rebuilds = 0
  /** For how long it has run. */
  #milliseconds = 0
  /** The plan whose kernels are, or are being, compiled. */
  #hot: PlacedSchedule | undefined
  #disposed = false

  constructor(backend: CpuBackend, prepared: Prepared, target: Target, check: boolean) {
    this.#backend = backend
    this.#prepared = prepared
    this.#target = target
    this.#check = check
    this.#read = prepared.reads.map((node) => node.attributes.variable)
    const assigned = new Set(prepared.program.assigns.map(({ variable }) => variable))
    this.#constant = new Set(this.#read.filter((variable) => !assigned.has(variable)))
  }

  get bytes(): number {
    return this.#plan?.arenaBytes ?? 0
  }

  /** Plans, takes memory, and creates the sessions and kernels. */
  async build(): Promise<void> {
    const { allocator, workshop, sessions, eventDensity } = this.#backend
    const versions = new Map([...this.#constant].map((variable) => [variable, variable.version]))
    const baked = new Map<Variable, TensorLike>()
    for (const variable of this.#constant)
      baked.set(variable, { data: await variableData(variable), shape: variable.shape, dtype: variable.dtype })
    const planned = schedule(this.#prepared, this.#target, { check: this.#check, baked })
    const constants = [...planned.constants]
    const constant = (data: TypedArray): Place => at({ kind: 'constant', index: constants.push(data) - 1 })
    const context = {
      sessions,
      workshop: this.#check ? undefined : workshop,
      eventDensity,
      check: this.#check,
      baked: planned.baked,
      constant,
    }
    const instructions = planned.tasks.map((task) => realize(task, context))
    const regions: Region[] = []
    const load = async (): Promise<void> => {
      for (const instruction of leaves(instructions)) await instruction.load?.()
    }
    this.#backend.reserve(planned.arenaBytes)
    let kernels: readonly number[] = []
    try {
      if (workshop) kernels = await workshop.asked(load)
      else await load()
      if (this.#backend.kernels === 'native') await this.#makeNative(kernels)
      for (const constant of constants) {
        const region = allocator.allocate(constant.byteLength)
        regions.push(region)
        allocator.write(region, constant)
      }
    } catch (error) {
      await this.#release({ instructions, regions })
      throw error
    }
    const plan: PlacedSchedule = { ...planned, instructions, constants, regions, kernels }
    const before = this.#plan
    this.#plan = plan
    this.#versions = versions
    if (before) await this.#release(before)
  }

  /** Waits for native kernels. */
  async #makeNative(kernels: readonly number[]): Promise<void> {
    try {
      await this.#backend.workshop!.compile(kernels, true)
      this.#backend.workshop!.takeReady()
    } catch (cause) {
      throw nativeError(cause)
    }
  }

  /** Between two runs: what was compiled since the last is taken into use, and what has run for long is compiled. */
  #changeKernels(plan: PlacedSchedule): void {
    const { kernels, workshop } = this.#backend
    if (kernels !== 'auto' || !workshop) return
    try {
      workshop.takeReady()
    } catch {
      // the backend says why in its info
    }
    if (this.#milliseconds < nativeAfter || this.#hot === plan) return
    this.#hot = plan
    workshop.compile(plan.kernels, false).catch(() => {})
  }

  async run(
    inputs: readonly (HostTensor | DeviceTensor)[],
    options: RunOptions = {},
  ): Promise<readonly (HostTensor | DeviceTensor)[]> {
    return this.#backend.enqueue(() => this.#run(inputs, options))
  }

  async #run(
    inputs: readonly (HostTensor | DeviceTensor)[],
    { signal, output = 'host' }: RunOptions,
  ): Promise<readonly (HostTensor | DeviceTensor)[]> {
    this.#backend.checkAlive()
    if (this.#disposed)
      throw new SnnError('DISPOSED', '[run] got a call after dispose(), expected none. Compile again.', {
        what: 'executable',
      })
    signal?.throwIfAborted()
    await this.#refresh()
    const { allocator, values } = this.#backend
    const { parameters, results, assigns } = this.#prepared.program
    const plan = this.#plan!
    this.#changeKernels(plan)
    const began = performance.now()
    const kept: Region[] = []
    try {
      // whatever takes memory comes first, since growing replaces the buffer
      if (output === 'device') for (const result of results) kept.push(allocator.allocate(bytesOf(result)))
      for (const { variable } of assigns) values.spare(variable)
      await this.#places(plan)
      const reads = await this.#places(plan)
      const given: Span[] = []
      for (const input of inputs) given.push(await this.#argument(input))
      const spares = assigns.map(({ variable }) => allocator.place(values.spare(variable)))

      const slots: Slots = {
        parameter: given,
        result: [],
        read: reads,
        next: spares,
        constant: plan.regions.map((region) => allocator.place(region)),
      }
      const frame: Frame = { arena: this.#backend.arena, slots, iterations: new Int32Array(plan.loops), signal }
      const { staging } = plan
      const made = results.map((result, i): Span =>
        kept[i]
          ? allocator.place(kept[i])
          : staging
            ? locate(staging.results[i]!)(frame)
            : allocate(result.dtype, sizeOf(result.shape)),
      )
      const staged = parameters.map((parameter, i) =>
        staging ? this.#stage(parameter, given[i]!, locate(staging.parameters[i]!)(frame)) : given[i]!,
      )
      await runAll(plan.instructions, { ...frame, slots: { ...slots, parameter: staged, result: made } })
      signal?.throwIfAborted()
      for (const { variable } of assigns) values.commit(variable)
      this.#milliseconds += performance.now() - began
      return results.map(({ dtype, shape }, i) => {
        if (kept[i]) return values.tensor(kept[i], dtype, shape)
        const data = viewOf(made[i]!, dtype, shape)
        return hostTensor({ data: staging ? data.slice() : data, shape, dtype })
      })
    } catch (error) {
      for (const region of kept) allocator.free(region)
      throw error
    }
  }

  /** Kernels work on the memory alone: what lies elsewhere is copied to where the plan has a place for it. */
  #stage(parameter: Tensor, given: Span, place: Span): Span {
    if (given.buffer === place.buffer) return given
    bytesAt(place, bytesOf(parameter)).set(bytesAt(given, bytesOf(parameter)))
    return place
  }

  /** Where the values of the Variables lie. */
  async #places(plan: PlacedSchedule): Promise<Span[]> {
    const places: Span[] = []
    for (const variable of this.#read) {
      const place = this.#placeOf(variable, plan)
      places.push(place instanceof Promise ? await place : place)
    }
    return places
  }

  /** Where the value of a Variable lies; kernels need it in the memory. */
  #placeOf(variable: Variable, plan: PlacedSchedule): Span | Promise<Span> {
    const { allocator, values } = this.#backend
    if (plan.staging && (plan.residents.has(variable) || !this.#constant.has(variable))) {
      const region = values.resident(variable)
      return region instanceof Promise ? region.then((copied) => allocator.place(copied)) : allocator.place(region)
    }
    return variable.storage.kind === 'host' ? variable.storage.data : this.#argument(variable.storage.tensor)
  }

  /** Where an argument lies: in this memory, or in an array. */
  async #argument(tensor: HostTensor | DeviceTensor): Promise<Span> {
    const { allocator, values } = this.#backend
    const region = typeof tensor.data === 'function' ? values.regionOf(tensor as DeviceTensor) : undefined
    if (region) return allocator.place(region)
    const data = typeof tensor.data === 'function' ? await tensor.data() : tensor.data
    // a library that does not take our memory as shared takes no other either
    return !allocator.memory.isShared && Object.prototype.toString.call(data.buffer) === '[object SharedArrayBuffer]'
      ? data.slice()
      : data
  }

  /** Sessions hold the values that read-only Variables had; when one has changed, they are built anew. */
  async #refresh(): Promise<void> {
    const changed = [...this.#versions].filter(([variable, version]) => variable.version !== version)
    if (changed.length === 0) return
    if (++this.#rebuilds > mostRebuilds) for (const [variable] of changed) this.#constant.delete(variable)
    await this.build()
  }

  async #release({ instructions, regions }: Pick<PlacedSchedule, 'instructions' | 'regions'>): Promise<void> {
    const { allocator } = this.#backend
    for (const instruction of leaves(instructions)) await instruction.release?.()
    for (const region of regions) allocator.free(region)
  }

  async dispose(): Promise<void> {
    if (this.#disposed) return
    this.#disposed = true
    await this.#backend.enqueue(async () => this.#plan && this.#release(this.#plan))
  }
}

function* leaves(instructions: readonly Instruction[]): Generator<Instruction> {
  for (const instruction of instructions) {
    if (instruction instanceof LoopInstruction) yield* leaves(instruction.body)
    else yield instruction
  }
}

async function variableData({ storage }: Variable): Promise<TypedArray> {
  return storage.kind === 'host' ? storage.data : storage.tensor.data()
}
