import {
  keyOf,
  type Fused,
  type FusedNest,
  type FusedPlanes,
  type Loops,
  type NestAccess,
  type NestValue,
  type Operand,
  type Phase,
  type ScalarValue,
} from '@snn/codegen'
import {
  bytesOf,
  computeLibrary,
  DeviceValues,
  prepare,
  schedule,
  type Allocator,
  type Base,
  type LibraryTask,
  type Place,
  type Schedule,
  type Target,
  type Task,
} from '@snn/schedule'
import {
  hostTensor,
  sizeOf,
  SnnError,
  type Backend,
  type DType,
  type HostTensor,
  type Tensor,
  type TypedArray,
} from '@snn/tensor'
import {
  fillUniform,
  numberKernels,
  type DeviceTensor,
  type Executable,
  type Program,
  type RunOptions,
} from '@snn/tensor/backend'
import { allocate } from '@snn/tensor/library'

/**
 * A whole backend, as short as one can be that runs everything: what its author writes is the contract, a `Target`, an
 * allocator, and one function for each task. Kernels are plain JavaScript, printed from the forms of @snn/codegen; the
 * kernels of the reference are its library.
 */
export function tiny(): Backend {
  let disposed = false
  const alive: Alive = (what, isDisposed = disposed) => {
    const text = `[tiny] got a call after dispose(), expected none. Create another ${what}.`
    if (isDisposed) throw new SnnError('DISPOSED', text, { what })
  }
  const backend: Backend = {
    contract: 1,
    name: 'tiny',
    async compile(program, { check } = {}) {
      alive('backend')
      return executable(values, program, check === 'nan', alive)
    },
    async dispose() {
      disposed = true
    },
  }
  const values = new DeviceValues(backend, allocator)
  return backend
}

const sizes = { largestSum: 2 ** 16, largestPlane: 2 ** 14, largestGroup: 256, smallestCast: 2 ** 18 }
const kernels: Target['kernels'] = { isWorthwhile: () => true, isNest: () => true, images: undefined, ...sizes }

/** A library for linear operations alone, where nothing is checked, and kernels for all else that has a form. */
function targetOf(check: boolean): Target {
  return {
    name: 'tiny',
    isLibrary: (primitive) => primitive !== 'scan' && primitive !== 'random',
    isLibraryAnywhere: true,
    alignment: 8,
    largestPiece: 2 ** 24,
    kernels: check ? undefined : kernels,
  }
}

// ---- memory: a region is an array of bytes

type Arrays = readonly TypedArray[]
type Region = Uint8Array

const allocator: Allocator<Region> = {
  allocate: (bytes) => new Uint8Array(bytes),
  free: () => {},
  read: (region, dtype, shape) => view(region, dtype, sizeOf(shape)).slice(),
  write: (region, data) => region.set(bytesAt(data, data.byteLength)),
}

/** Where a value begins. */
interface Span {
  readonly buffer: ArrayBufferLike
  readonly byteOffset: number
}

type ArrayType = new (buffer: ArrayBufferLike, byteOffset: number, length: number) => TypedArray

const arrays: Readonly<Record<DType, ArrayType>> = {
  float32: Float32Array,
  int32: Int32Array,
  float64: Float64Array,
  uint8: Uint8Array,
  bool: Uint8Array,
}

function view({ buffer, byteOffset }: Span, dtype: DType, length: number): TypedArray {
  return new arrays[dtype](buffer, byteOffset, length)
}

function bytesAt({ buffer, byteOffset }: Span, bytes: number): Uint8Array {
  return new Uint8Array(buffer, byteOffset, bytes)
}

// ---- the contract

/** What one run works on. */
interface Run {
  readonly slots: Readonly<Record<Exclude<Base['kind'], 'block' | 'host'>, readonly Span[]>>
  readonly arena: Region
  readonly iterations: Int32Array
  readonly check: boolean
  readonly signal: AbortSignal | undefined
}

type Alive = (what: string, isDisposed?: boolean) => void
type Values = DeviceValues<Region>

async function executable(values: Values, whole: Program, check: boolean, alive: Alive): Promise<Executable> {
  const target = targetOf(check)
  const prepared = prepare(whole, target)
  const plan: Schedule = schedule(prepared, target, { check, baked: new Map() })
  const { program, reads } = prepared
  const arena = new Uint8Array(plan.arenaBytes)
  let disposed = false

  const place = async (input: HostTensor | DeviceTensor): Promise<Span> => {
    if (typeof input.data !== 'function') return input.data
    return values.regionOf(input as DeviceTensor) ?? (await input.data())
  }
  return {
    bytes: arena.byteLength,
    async run(inputs, { signal, output = 'host' }: RunOptions = {}) {
      alive('backend')
      alive('executable', disposed)
      signal?.throwIfAborted()
      const made = program.results.map((result) => new Uint8Array(bytesOf(result)))
      const slots = {
        parameter: await Promise.all(inputs.map(place)),
        result: made,
        read: await Promise.all(reads.map(async (node) => values.resident(node.attributes.variable))),
        next: program.assigns.map(({ variable }) => values.spare(variable)),
        constant: plan.constants,
      }
      await runAll(plan.tasks, { slots, arena, iterations: new Int32Array(plan.loops), check, signal })
      signal?.throwIfAborted()
      for (const { variable } of program.assigns) values.commit(variable)
      return program.results.map(({ dtype, shape }, i) =>
        output === 'device'
          ? values.tensor(made[i]!, dtype, shape)
          : hostTensor({ data: view(made[i]!, dtype, sizeOf(shape)), shape, dtype }),
      )
    },
    async dispose() {
      disposed = true
    },
  }
}

async function runAll(tasks: readonly Task[], run: Run): Promise<void> {
  for (const task of tasks) {
    run.signal?.throwIfAborted()
    await runTask(task, run)
    // a turn of the event loop, in which somebody may abort
    if (run.signal) await new Promise((resolve) => setTimeout(resolve))
  }
}

// ---- one function for each task

/** Where a place lies at this point of a run. */
function locate(place: Place, run: Run): Span {
  if (place.kind === 'turns') {
    const iteration = run.iterations[place.loop]!
    const between = place.between[iteration % place.between.length]!
    return locate((iteration === 0 && place.first) || (iteration === place.end && place.last) || between, run)
  }
  const { buffer, byteOffset } = beginningOf(place.base, run)
  const moved = place.steps.reduce((sum, { loop, bytes }) => sum + bytes * run.iterations[loop]!, place.offset)
  return { buffer, byteOffset: byteOffset + moved }
}

function beginningOf(base: Base, run: Run): Span {
  if (base.kind === 'host') return base.data
  return base.kind === 'block' ? run.arena.subarray(base.block.offset) : run.slots[base.kind][base.index]!
}

type Form = Pick<Tensor, 'dtype' | 'shape'>

const index: Form = { dtype: 'int32', shape: [] }

function tensorAt(place: Place, { dtype, shape }: Form, run: Run): TypedArray {
  return view(locate(place, run), dtype, sizeOf(shape))
}

function tensorsAt(places: readonly Place[], forms: readonly Form[], run: Run): TypedArray[] {
  return places.map((place, i) => tensorAt(place, forms[i]!, run))
}

async function runTask(task: Task, run: Run): Promise<void> {
  switch (task.kind) {
    case 'library':
      return callLibrary(task, run)
    case 'kernel':
      return runKernel(task.fused, tensorsAt(task.places, task.fused.tensors, run))
    case 'planes':
    case 'nest': {
      const inputs = tensorsAt(task.inputs, task.fused.inputs, run)
      const output = tensorAt(task.output, task.fused.output, run)
      return task.kind === 'nest' ? runNest(task.fused, inputs, output) : computePlanes(task.fused, inputs, output)
    }
    case 'random': {
      const [offset] = tensorAt(task.offset, index, run)
      return fillUniform(view(locate(task.output, run), 'float32', task.length), task.key, offset!)
    }
    case 'copy':
      return bytesAt(locate(task.to, run), task.bytes).set(bytesAt(locate(task.from, run), task.bytes))
    case 'loop':
      for (let i = 0; i < task.length; i++) {
        run.iterations[task.loop] = i
        tensorAt(task.index, index, run)[0] = task.reverse ? task.length - 1 - i : i
        await runAll(task.body, run)
      }
      return
    case 'images':
      throw new Error('the target asks for none')
  }
}

function callLibrary(task: LibraryTask, run: Run): void {
  const { parameters, results } = task.graph
  computeLibrary(task, tensorsAt(task.inputs, parameters, run)).forEach((data, i) => {
    const { dtype, node } = results[i]!
    const wrong = run.check && dtype === 'float32' ? data.find((x) => !Number.isFinite(x)) : undefined
    if (wrong !== undefined) {
      const text = `[${node.primitive}] in '${node.path}' built at ${node.place} gave ${wrong}, expected finite numbers.`
      throw new SnnError('NOT_FINITE', text, { place: node.place })
    }
    tensorAt(task.outputs[i]!, results[i]!, run).set(data)
  })
}

// ---- kernels, printed as JavaScript

type Print = (x: string, y: string, z: string) => string

const rounding: Readonly<Record<string, Print>> = {
  float32: (x) => `f(${x})`,
  int32: (x) => `(${x} | 0)`,
  uint8: (x) => `(${x} & 255)`,
  bool: (x) => x,
}

const operations: Readonly<Record<string, Print>> = {
  neg: (x) => `-${x}`,
  add: (x, y) => `${x} + ${y}`,
  sub: (x, y) => `${x} - ${y}`,
  div: (x, y) => `${x} / ${y}`,
  mod: (x, y) => `${x} - Math.floor(${x} / ${y}) * ${y}`,
  minimum: (x, y) => `Math.min(${x}, ${y})`,
  maximum: (x, y) => `Math.max(${x}, ${y})`,
  less: (x, y) => `Number(${x} < ${y})`,
  lessEqual: (x, y) => `Number(${x} <= ${y})`,
  equal: (x, y) => `Number(${x} === ${y})`,
  and: (x, y) => `(${x} & ${y})`,
  or: (x, y) => `(${x} | ${y})`,
  not: (x) => `1 - ${x}`,
  select: (x, y, z) => `(${x} ? ${y} : ${z})`,
  xor: (x, y) => `${x} ^ ${y}`,
  quotient: (x, y) => `${x} / ${y}`,
  mulHigh: (x, y) => `Number((BigInt(${x} >>> 0) * BigInt(${y} >>> 0)) >> 32n)`,
  round: (x) => `round(${x})`,
  erf: (x) => `erf(${x})`,
}

/** The element of an operand, or of a slot, that goes with element e of the kernel in step t. */
function element(i: number, { access, isMoving }: Operand): string {
  return `o${i}[${isMoving ? `t * perStep[${i}] + ` : ''}${access === 'full' ? 'e' : access === 'scalar' ? '0' : 'c'}]`
}

function printValue(value: ScalarValue, { operands, slots }: Fused['kernel']): string {
  switch (value.operation) {
    case 'load':
      return element(value.operand, operands[value.operand]!)
    case 'scratch':
      return `s${value.slot}[${slots[value.slot]!.isStacked ? 't * n + e' : 'e'}]`
    case 'step':
      return 't'
    default:
      return printOperation(value)
  }
}

type Computed = Exclude<ScalarValue | NestValue, { readonly operation: 'load' | 'scratch' | 'step' | 'index' }>

function printOperation(value: Computed): string {
  if (value.operation === 'number') return Object.is(value.number, -0) ? '-0' : `(${value.number})`
  const [x, y, z] = value.operands.map((operand) => `v${operand}`) as [string, string, string]
  const round = rounding[value.kind]!
  switch (value.operation) {
    case 'shiftRight':
      return `${x} >>> ${value.bits}`
    case 'mul':
      return value.kind === 'int32' ? `Math.imul(${x}, ${y})` : `f(${x} * ${y})`
    case 'cast':
      if (value.kind === 'bool') return `Number(${x} !== 0)`
      return round(value.kind === 'float32' ? x : `Math.trunc(${x})`, y, z)
    default:
      return round(operations[value.operation]?.(x, y, z) ?? `Math.${value.operation}(${x}, ${y})`, y, z)
  }
}

function printPhase({ steps, values, stores, pools }: Phase, kernel: Fused['kernel'], phase: number): string {
  const store = ({ to, value }: Phase['stores'][number]): string => {
    if ('slot' in to) return `s${to.slot}[${kernel.slots[to.slot]!.isStacked ? 't * n + e' : 'e'}] = v${value}`
    return `${element(to.operand, kernel.operands[to.operand]!)} ${kernel.operands[to.operand]!.role === 'sum' ? '+=' : '='} v${value}`
  }
  return `
  for (let k = 0; k < ${steps === 'once' ? 1 : 'length'}; k++) {
    const t = ${steps === 'descending' ? 'length - 1 - k' : 'k'}
    for (let e = 0; e < n; e++) {
      const c = Math.floor(e / inner) % count
      ${[...values.map((value, i) => `const v${i} = ${printValue(value, kernel)}`), ...stores.map(store)].join('\n      ')}
    }
    ${pools.map(({ slot, operand }, i) => `pool(${phase}, ${i}, s${slot}, o${operand}.subarray(t * perStep[${operand}]))`).join('\n    ')}
  }`
}

type Pool = (phase: number, pool: number, from: TypedArray, to: TypedArray) => void
type Sizes = Readonly<Record<'n' | 'count' | 'inner' | 'length', number>> & { readonly perStep: readonly number[] }
type Compiled = (operands: Arrays, slots: Arrays, sizes: Sizes, pool: Pool, helpers: typeof functions) => void

/** What JavaScript has no function for. */
const functions = {
  f: Math.fround,
  erf: (x: number): number => numberKernels.erf!([x, x, x], undefined as never),
  round: (x: number): number => numberKernels.round!([x, x, x], undefined as never),
}

const compiled = new Map<string, Compiled>()

function compile(kernel: Fused['kernel']): Compiled {
  const key = keyOf(kernel)
  const known = compiled.get(key)
  if (known) return known
  const names = (prefix: string, items: readonly unknown[]): string => items.map((_, i) => `${prefix}${i}`).join()
  const body = `const [${names('o', kernel.operands)}] = operands, [${names('s', kernel.slots)}] = slots, { n, count, inner, length, perStep } = sizes, { f, erf, round } = helpers
  ${kernel.phases.map((phase, i) => printPhase(phase, kernel, i)).join('')}`
  // eslint-disable-next-line typescript/no-implied-eval -- a kernel is printed to be run
  const made = new Function('operands', 'slots', 'sizes', 'pool', 'helpers', body) as Compiled
  compiled.set(key, made)
  return made
}

function runKernel({ kernel, space: { outer, count, inner }, length }: Fused, values: Arrays): void {
  const n = outer * count * inner
  const slots = kernel.slots.map(({ kind, isStacked }) => allocate(kind, isStacked ? length * n : n))
  // sums are added up exactly enough, and rounded at the end
  const operands = values.map((data, i) => (kernel.operands[i]!.role === 'sum' ? new Float64Array(data.length) : data))
  const pool: Pool = (phase, i, from, to) => {
    const { kernel: form } = kernel.phases[phase]!.pools[i]!
    computePlanes({ kernel: form, planes: n / (form.plane[0] * form.plane[1]) }, [from], to)
  }
  const perStep = values.map((data) => data.length / length)
  compile(kernel)(operands, slots, { n, count, inner, length, perStep }, pool, functions)
  kernel.operands.forEach(({ role }, i) => role === 'sum' && values[i]!.set(operands[i]!))
}

// ---- loop nests: what moves values or adds them up

/** A whole number where the loops are. */
function printAffine({ offset, strides }: NestAccess['at']): string {
  return strides.reduce((sum, stride, axis) => (stride === 0 ? sum : `${sum} + ${stride} * i${axis}`), String(offset))
}

function printAccess(operand: number, { at, through }: NestAccess): string {
  return `o${operand}[${printAffine(at)}${through ? ` + ${through.stride} * v${through.value}` : ''}]`
}

function printNestValue(value: NestValue): string {
  if (value.operation === 'load') return printAccess(value.operand, value)
  return value.operation === 'index' ? printAffine(value.at) : printOperation(value)
}

function printStore(to: string, { value, combine }: Loops['stores'][number]): string {
  if (combine === 'replace') return `${to} = v${value}`
  return combine === 'add' ? `${to} += v${value}` : `${to} = Math.max(${to}, v${value})`
}

function printLoops({ extents, bounds, values, stores }: Loops, output: number): string {
  const axes = extents.map((extent, i) => `for (let i${i} = 0; i${i} < ${i === 0 ? 'parts' : extent}; i${i}++)`)
  const checks = bounds.map((bound) => [printAffine(bound), bound.size] as const)
  return `
  ${axes.join(' ')} {
    ${checks.map(([at, size]) => `if (${at} < 0 || ${at} >= ${size}) continue`).join('\n    ')}
    ${values.map((value, i) => `const v${i} = ${printNestValue(value)}`).join('\n    ')}
    ${stores.map((store) => printStore(printAccess(output, store), store)).join('\n    ')}
  }`
}

type CompiledNest = (operands: Arrays, parts: number, helpers: typeof functions) => void

function runNest({ kernel, parts }: FusedNest, inputs: Arrays, output: TypedArray): void {
  const { fill, kind } = kernel.output
  if (fill !== undefined) output.fill(fill)
  // sums are added up exactly enough, and rounded at the end
  const isSum = kind === 'float32' && kernel.loops.some(({ stores }) => stores.some(({ combine }) => combine === 'add'))
  const operands = [...inputs, isSum ? new Float64Array(output) : output]
  const loops = kernel.loops.map((loop) => printLoops(loop, inputs.length))
  const body = `const [${operands.map((_, i) => `o${i}`).join()}] = operands, { f } = helpers${loops.join('')}`
  // eslint-disable-next-line typescript/no-implied-eval -- a kernel is printed to be run
  const run = new Function('operands', 'parts', 'helpers', body) as CompiledNest
  run(operands, parts, functions)
  if (isSum) output.set(operands.at(-1)!)
}

// ---- planes: pooling

type Planes = Pick<FusedPlanes, 'kernel' | 'planes'>

function computePlanes({ kernel: form, planes }: Planes, [x]: Arrays, y: TypedArray): void {
  const { operation, plane, windows, kernel, stride, padding, dilation, countIncludePad } = form
  const size = plane[0] * plane[1]
  const places = windows[0] * windows[1]
  for (let i = 0; i < planes * places; i++) {
    const at = [Math.floor((i % places) / windows[1]), i % windows[1]]
    const inside: number[] = []
    for (let tap = 0; tap < kernel[0] * kernel[1]; tap++) {
      const steps = [Math.floor(tap / kernel[1]), tap % kernel[1]]
      const [row, column] = steps.map((k, axis) => at[axis]! * stride[axis]! - padding[axis]! + k * dilation[axis]!)
      const isInside = row! >= 0 && row! < plane[0] && column! >= 0 && column! < plane[1]
      if (isInside) inside.push(row! * plane[1] + column!)
    }
    const values = inside.map((tap) => x![Math.floor(i / places) * size + tap]!)
    const largest = Math.max(...values)
    // NaN is larger than all numbers, and makes the largest NaN
    const best = values.findIndex((value) => value === largest || Number.isNaN(value))
    if (operation === 'maximum') y[i] = values[best] ?? -Infinity
    else if (operation === 'position') y[i] = inside[best] ?? -1
    else y[i] = values.reduce((a, b) => a + b, 0) / (countIncludePad ? kernel[0] * kernel[1] : values.length)
  }
}
