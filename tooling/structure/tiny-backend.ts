import { keyOf, type Fused, type FusedNest, type FusedPlanes, type Loops, type NestAccess, type NestValue, type Operand, type Phase, type PlaneKernel, type ScalarValue } from '@snn/codegen'
import { bytesOf, DeviceValues, prepare, schedule, type Allocator, type Base, type LibraryTask, type Place, type Schedule, type Target, type Task } from '@snn/schedule'
import { hostTensor, sizeOf, SnnError, type Backend, type DType, type HostTensor, type Shape, type Tensor, type TypedArray } from '@snn/tensor'
import { fillUniform, interpret, isPrimitive, numberKernels, referenceKernels, topological, type CompileOptions, type DeviceTensor, type Executable, type Graph, type Program, type RunOptions } from '@snn/tensor/backend'
import { allocate } from '@snn/tensor/library'

/**
 * A whole backend, as short as one can be that runs everything: what its author writes is the contract, a `Target`, an allocator, and one
 * function for each task. Kernels are plain JavaScript, printed from the forms of @snn/codegen; the kernels of the reference are its library.
 */
export function tiny(): Backend {
  let disposed = false
  const alive = (what: string, isDisposed = disposed): void => {
    if (isDisposed) throw new SnnError('DISPOSED', `[tiny] got a call after dispose(), expected none. Create another ${what}.`, { what })
  }
  const backend: Backend = {
    contract: 1,
    name: 'tiny',
    async compile(program, options) {
      alive('backend')
      return executable(values, program, options, alive)
    },
    async dispose() {
      disposed = true
    },
  }
  const values = new DeviceValues(backend, allocator)
  return backend
}

/** A library for linear operations alone, where nothing is checked, and kernels for all else that has a form. */
function targetOf(check: boolean): Target {
  return {
    name: 'tiny',
    isLibrary: (primitive) => primitive !== 'scan' && primitive !== 'random',
    isLibraryAnywhere: true,
    alignment: 8,
    largestPiece: 2 ** 24,
    kernels: check ? undefined : { isWorthwhile: () => true, isNest: () => true, images: undefined, largestSum: 2 ** 16, largestPlane: 2 ** 14, largestGroup: 256, smallestCast: 2 ** 18 },
  }
}

// ---- memory: a region is an array of bytes

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

const arrays: Readonly<Record<DType, new (buffer: ArrayBufferLike, byteOffset: number, length: number) => TypedArray>> = { float32: Float32Array, int32: Int32Array, float64: Float64Array, uint8: Uint8Array, bool: Uint8Array }

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

async function executable(values: DeviceValues<Region>, whole: Program, { check }: CompileOptions = {}, alive: (what: string, isDisposed?: boolean) => void): Promise<Executable> {
  const target = targetOf(check === 'nan')
  const prepared = prepare(whole, target)
  const plan: Schedule = schedule(prepared, target, { check: check === 'nan', baked: new Map() })
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
      await runAll(plan.tasks, { slots, arena, iterations: new Int32Array(plan.loops), check: check === 'nan', signal })
      signal?.throwIfAborted()
      for (const { variable } of program.assigns) values.commit(variable)
      return program.results.map(({ dtype, shape }, i) =>
        output === 'device' ? values.tensor(made[i]!, dtype, shape) : hostTensor({ data: view(made[i]!, dtype, sizeOf(shape)), shape, dtype }),
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
  const { base, offset, steps } = place
  const begin = base.kind === 'host' ? base.data : base.kind === 'block' ? run.arena.subarray(base.block.offset) : run.slots[base.kind][base.index]!
  return { buffer: begin.buffer, byteOffset: steps.reduce((sum, { loop, bytes }) => sum + bytes * run.iterations[loop]!, begin.byteOffset + offset) }
}

function tensorAt(place: Place, { dtype, shape }: { readonly dtype: DType; readonly shape: Shape }, run: Run): TypedArray {
  return view(locate(place, run), dtype, sizeOf(shape))
}

async function runTask(task: Task, run: Run): Promise<void> {
  switch (task.kind) {
    case 'library':
      return callLibrary(task, run)
    case 'kernel':
      return runKernel(task.fused, task.fused.tensors.map((tensor, i) => tensorAt(task.places[i]!, tensor, run)))
    case 'planes': {
      const { fused: { kernel, planes, inputs, output } } = task
      return computePlanes(kernel, planes, inputs.map((tensor, i) => tensorAt(task.inputs[i]!, tensor, run)), tensorAt(task.output, output, run))
    }
    case 'nest': {
      const { fused: { inputs, output } } = task
      return runNest(task.fused, [...inputs.map((tensor, i) => tensorAt(task.inputs[i]!, tensor, run)), tensorAt(task.output, output, run)])
    }
    case 'random':
      return fillUniform(view(locate(task.output, run), 'float32', task.length), task.key, tensorAt(task.offset, { dtype: 'int32', shape: [] }, run)[0]!)
    case 'copy':
      return bytesAt(locate(task.to, run), task.bytes).set(bytesAt(locate(task.from, run), task.bytes))
    case 'loop':
      for (let i = 0; i < task.length; i++) {
        run.iterations[task.loop] = i
        tensorAt(task.index, { dtype: 'int32', shape: [] }, run)[0] = task.reverse ? task.length - 1 - i : i
        await runAll(task.body, run)
      }
      return
    case 'images':
      throw new Error('the target asks for none')
  }
}

/** Operations of the library, which here are the kernels of the reference. */
function callLibrary({ graph, substitutions, inputs, outputs }: LibraryTask, run: Run): void {
  const given = new Map(graph.parameters.map((tensor, i) => [tensor, tensorAt(inputs[i]!, tensor, run)]))
  compute(graph, given, substitutions).forEach((data, i) => {
    const { dtype, shape, node } = graph.results[i]!
    const wrong = run.check && dtype === 'float32' ? data.find((x) => !Number.isFinite(x)) : undefined
    if (wrong !== undefined) throw new SnnError('NOT_FINITE', `[${node.primitive}] in '${node.path}' built at ${node.place} gave ${wrong}, expected finite numbers.`, { place: node.place })
    tensorAt(outputs[i]!, { dtype, shape }, run).set(data)
  })
}

function compute(graph: Graph, given: ReadonlyMap<Tensor, TypedArray>, substitutions: LibraryTask['substitutions']): TypedArray[] {
  const values = new Map([...given].map(([tensor, data]) => [tensor, { data, shape: tensor.shape, dtype: tensor.dtype }]))
  // parameters of a loop's body that stand for constants outside
  for (const node of topological(graph)) {
    if (!isPrimitive(node, 'placeholder')) continue
    const outer = substitutions.get(node.outputs[0]!)!
    const [data] = compute({ parameters: [], results: [outer] }, new Map(), substitutions)
    values.set(node.outputs[0]!, { data: data!, shape: outer.shape, dtype: outer.dtype })
  }
  return interpret(graph.results, referenceKernels, values).map(({ data }) => data)
}

// ---- kernels, printed as JavaScript

const rounding: Readonly<Record<string, (text: string) => string>> = { float32: (x) => `f(${x})`, int32: (x) => `(${x} | 0)`, uint8: (x) => `(${x} & 255)`, bool: (x) => x }

const operations: Readonly<Record<string, (x: string, y: string, z: string) => string>> = {
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
  switch (value.operation) {
    case 'number':
      return Object.is(value.number, -0) ? '-0' : `(${value.number})`
    case 'shiftRight':
      return `v${value.operands[0]} >>> ${value.bits}`
    case 'mul':
      return value.kind === 'int32' ? `Math.imul(${value.operands.map((x) => `v${x}`).join()})` : `f(${value.operands.map((x) => `v${x}`).join(' * ')})`
    case 'cast':
      return value.kind === 'bool' ? `Number(v${value.operands[0]!} !== 0)` : rounding[value.kind]!(value.kind === 'float32' ? `v${value.operands[0]!}` : `Math.trunc(v${value.operands[0]!})`)
    default: {
      const [x, y, z] = value.operands.map((operand) => `v${operand}`) as [string, string, string]
      return rounding[value.kind]!(operations[value.operation]?.(x, y, z) ?? `Math.${value.operation}(${value.operands.map((operand) => `v${operand}`).join()})`)
    }
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
type Compiled = (operands: readonly TypedArray[], slots: readonly TypedArray[], perStep: readonly number[], sizes: { readonly n: number; readonly count: number; readonly inner: number; readonly length: number }, pool: Pool, helpers: typeof functions) => void

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
  const body = `const [${names('o', kernel.operands)}] = operands, [${names('s', kernel.slots)}] = slots, { n, count, inner, length } = sizes, { f, erf, round } = helpers
  ${kernel.phases.map((phase, i) => printPhase(phase, kernel, i)).join('')}`
  // eslint-disable-next-line typescript/no-implied-eval -- a kernel is printed to be run
  const made = new Function('operands', 'slots', 'perStep', 'sizes', 'pool', 'helpers', body) as Compiled
  compiled.set(key, made)
  return made
}

function runKernel({ kernel, space: { outer, count, inner }, length }: Fused, values: readonly TypedArray[]): void {
  const n = outer * count * inner
  const slots = kernel.slots.map(({ kind, isStacked }) => allocate(kind, isStacked ? length * n : n))
  // sums are added up exactly enough, and rounded at the end
  const operands = values.map((data, i) => (kernel.operands[i]!.role === 'sum' ? new Float64Array(data.length) : data))
  const pool: Pool = (phase, i, from, to) => {
    const { kernel: form } = kernel.phases[phase]!.pools[i]!
    computePlanes(form, n / (form.plane[0] * form.plane[1]), [from], to)
  }
  compile(kernel)(operands, slots, values.map((data) => data.length / length), { n, count, inner, length }, pool, functions)
  kernel.operands.forEach(({ role }, i) => role === 'sum' && values[i]!.set(operands[i]!))
}

// ---- loop nests: what moves values or adds them up

/** A whole number where the loops are. */
function printAffine({ offset, strides }: NestAccess['at']): string {
  return [String(offset), ...strides.flatMap((stride, axis) => (stride === 0 ? [] : [`${stride} * i${axis}`]))].join(' + ')
}

function printAccess(operand: number, { at, through }: NestAccess): string {
  return `o${operand}[${printAffine(at)}${through ? ` + ${through.stride} * v${through.value}` : ''}]`
}

function printLoops({ extents, bounds, values, stores }: Loops, output: number): string {
  const combined = (to: string, { value, combine }: Loops['stores'][number]): string => (combine === 'replace' ? `v${value}` : combine === 'add' ? `${to} + v${value}` : `Math.max(${to}, v${value})`)
  const printed = values.map((value) => (value.operation === 'load' ? printAccess(value.operand, value) : value.operation === 'index' ? printAffine(value.at) : printOperation(value)))
  return `
  ${extents.map((extent, axis) => `for (let i${axis} = 0; i${axis} < ${axis === 0 ? 'parts' : extent}; i${axis}++)`).join(' ')} {
    ${bounds.map((bound) => `if (${printAffine(bound)} < 0 || ${printAffine(bound)} >= ${bound.size}) continue`).join('\n    ')}
    ${printed.map((value, i) => `const v${i} = ${value}`).join('\n    ')}
    ${stores.map((store) => `${printAccess(output, store)} = ${combined(printAccess(output, store), store)}`).join('\n    ')}
  }`
}

type CompiledNest = (operands: readonly TypedArray[], parts: number, helpers: typeof functions) => void

function runNest({ kernel, parts }: FusedNest, operands: readonly TypedArray[]): void {
  const { fill, kind } = kernel.output
  const output = operands.at(-1)!
  if (fill !== undefined) output.fill(fill)
  // sums are added up exactly enough, and rounded at the end
  const isSum = kind === 'float32' && kernel.loops.some(({ stores }) => stores.some(({ combine }) => combine === 'add'))
  const sums = isSum ? new Float64Array(output) : output
  // eslint-disable-next-line typescript/no-implied-eval -- a kernel is printed to be run
  const run = new Function('operands', 'parts', 'helpers', `const [${operands.map((_, i) => `o${i}`).join()}] = operands, { f } = helpers\n${kernel.loops.map((loops) => printLoops(loops, operands.length - 1)).join('')}`) as CompiledNest
  run([...operands.slice(0, -1), sums], parts, functions)
  if (isSum) output.set(sums)
}

// ---- planes: pooling

function computePlanes({ operation, plane, windows, kernel, stride, padding, dilation, countIncludePad }: PlaneKernel, planes: FusedPlanes['planes'], [x]: readonly TypedArray[], y: TypedArray): void {
  const [size, places] = [plane[0] * plane[1], windows[0] * windows[1]]
  for (let i = 0; i < planes * places; i++) {
    const [p, w] = [Math.floor(i / places), i % places]
    const [wy, wx] = [Math.floor(w / windows[1]), w % windows[1]]
    const taps = Array.from({ length: kernel[0] * kernel[1] }, (_, tap) => {
      const row = wy * stride[0] - padding[0] + Math.floor(tap / kernel[1]) * dilation[0]
      const column = wx * stride[1] - padding[1] + (tap % kernel[1]) * dilation[1]
      return row >= 0 && row < plane[0] && column >= 0 && column < plane[1] ? row * plane[1] + column : -1
    })
    const inside = taps.filter((at) => at >= 0)
    if (operation === 'average') y[i] = inside.reduce((sum, at) => sum + x![p * size + at]!, 0) / (countIncludePad ? taps.length : inside.length)
    else {
      const best = inside.reduce((first, at) => (first < 0 || isLarger(x![p * size + at]!, x![p * size + first]!) ? at : first), -1)
      y[i] = operation === 'position' ? best : best < 0 ? -Infinity : x![p * size + best]!
    }
  }
}

/** NaN is larger than all numbers. */
function isLarger(x: number, y: number): boolean {
  return x > y || (Number.isNaN(x) && !Number.isNaN(y))
}
