import {
  SnnError, allocate, hostTensor, sizeOf,
  type CompileOptions, type DeviceTensor, type Executable, type HostTensor, type Program, type RunOptions, type TensorLike, type TypedArray, type Variable,
} from '@snn/tensor'
import type { CpuBackend } from './cpu.js'
import { deviceTensor, loadTensor } from './device-tensor.js'
import type { Frame } from './frame.js'
import { LibraryInstruction } from './instruction/library.js'
import { LoopInstruction } from './instruction/loop.js'
import { runAll, type Instruction } from './instruction/instruction.js'
import { checkSupported, planProgram, readsOf, type Plan } from './plan/program.js'

/** After so many rebuilds for changed values, a Variable is fed to the sessions instead of being a constant in them. */
const maximumRebuilds = 2

export async function createExecutable(backend: CpuBackend, program: Program, options: CompileOptions = {}): Promise<Executable> {
  checkSupported(program)
  const executable = new CpuExecutable(backend, program, options.check === 'nan')
  await executable.build()
  return executable
}

class CpuExecutable implements Executable {
  readonly #backend: CpuBackend
  readonly #program: Program
  readonly #check: boolean
  /** Variables that are only read. Their values are constants of the sessions, so that ONNX Runtime folds and packs them. */
  readonly #constant: Set<Variable>
  readonly #read: readonly Variable[]
  #versions = new Map<Variable, number>()
  #plan: Plan | undefined
  #rebuilds = 0
  #disposed = false

  constructor(backend: CpuBackend, program: Program, check: boolean) {
    this.#backend = backend
    this.#program = program
    this.#check = check
    this.#read = readsOf(program).map((node) => node.attributes.variable)
    const assigned = new Set(program.assigns.map(({ variable }) => variable))
    this.#constant = new Set(this.#read.filter((variable) => !assigned.has(variable)))
  }

  get bytes(): number {
    return this.#plan?.arenaBytes ?? 0
  }

  /** Plans, takes memory, and creates the sessions. */
  async build(): Promise<void> {
    const versions = new Map([...this.#constant].map((variable) => [variable, variable.version]))
    const baked = new Map<Variable, TensorLike>()
    for (const variable of this.#constant) baked.set(variable, { data: await variableData(variable), shape: variable.shape, dtype: variable.dtype })
    const plan = planProgram(this.#program, { lib: this.#backend.lib, check: this.#check, baked })
    this.#backend.reserve(plan.arenaBytes)
    const created: LibraryInstruction[] = []
    try {
      for (const instruction of libraryInstructions(plan.instructions)) {
        await instruction.load(this.#backend.sessions, this.#backend.markerEnd)
        created.push(instruction)
      }
    } catch (error) {
      await this.#release(created)
      throw error
    }
    const before = this.#plan
    this.#plan = plan
    this.#versions = versions
    if (before) await this.#release(libraryInstructions(before.instructions))
  }

  async run(inputs: readonly (HostTensor | DeviceTensor)[], options: RunOptions = {}): Promise<readonly (HostTensor | DeviceTensor)[]> {
    return this.#backend.enqueue(() => this.#run(inputs, options))
  }

  async #run(inputs: readonly (HostTensor | DeviceTensor)[], { signal, output = 'host' }: RunOptions): Promise<readonly (HostTensor | DeviceTensor)[]> {
    this.#backend.checkAlive()
    if (this.#disposed) throw new SnnError('DISPOSED', '[run] got a call after dispose(), expected none. Compile again.', { what: 'executable' })
    signal?.throwIfAborted()
    await this.#refresh()
    const { results, assigns } = this.#program
    const plan = this.#plan!
    const made = results.map(({ dtype, shape }) => allocate(dtype, sizeOf(shape)))
    const spares = assigns.map(({ variable }) => this.#backend.spare(variable))
    const frame: Frame = {
      arena: this.#backend.arena,
      slots: [...(await Promise.all(inputs.map(loadTensor))), ...made, ...(await Promise.all(this.#read.map(variableData))), ...spares],
      iterations: new Int32Array(plan.loops),
      signal,
    }
    await runAll(plan.instructions, frame)
    signal?.throwIfAborted()
    assigns.forEach(({ variable }, i) => this.#backend.commit(variable, spares[i]!))
    return results.map(({ dtype, shape }, i) => {
      const host = hostTensor({ data: made[i]!, shape, dtype })
      return output === 'host' ? host : deviceTensor(this.#backend, host)
    })
  }

  /** Sessions hold the values that read-only Variables had; when one has changed, they are built anew. */
  async #refresh(): Promise<void> {
    const changed = [...this.#versions].filter(([variable, version]) => variable.version !== version)
    if (changed.length === 0) return
    if (++this.#rebuilds > maximumRebuilds) for (const [variable] of changed) this.#constant.delete(variable)
    await this.build()
  }

  async #release(instructions: Iterable<LibraryInstruction>): Promise<void> {
    for (const { session } of instructions) if (session) await this.#backend.sessions.release(session)
  }

  async dispose(): Promise<void> {
    if (this.#disposed) return
    this.#disposed = true
    await this.#backend.enqueue(() => this.#release(libraryInstructions(this.#plan?.instructions ?? [])))
  }
}

function* libraryInstructions(instructions: readonly Instruction[]): Generator<LibraryInstruction> {
  for (const instruction of instructions) {
    if (instruction instanceof LibraryInstruction) yield instruction
    else if (instruction instanceof LoopInstruction) yield* libraryInstructions(instruction.body)
  }
}

async function variableData({ storage }: Variable): Promise<TypedArray> {
  return storage.kind === 'host' ? storage.data : storage.tensor.data()
}
