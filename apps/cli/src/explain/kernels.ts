import { fuseScan, isScalar, printKernel, printKernelC, type Fused } from '@snn/codegen'
import { derivative, graphExpression, printExpression, symbol } from '@snn/equations/formula'
import type { Cell } from '@snn/neuron'
import { grad, scan, type Tensor } from '@snn/tensor'
import { isPrimitive, topological, traceFunction, type Node, type Signature } from '@snn/tensor/backend'
import { kernelPhases, type KernelPhase } from './kernel-phases.js'

/** One generated kernel: what it reads and writes, what it computes, and its text as WebAssembly and as C. */
export interface NeuronKernel {
  readonly reads: readonly string[]
  readonly writes: readonly string[]
  readonly phases: readonly KernelPhase[]
  readonly wat: string
  readonly c: string
}

export interface NeuronKernels {
  /**
   * All steps of a layer in one kernel, and their gradient in another; not there where a step has more than a kernel
   * computes.
   */
  readonly forward?: NeuronKernel
  readonly backward?: NeuronKernel
  /** Operations of a step that no such kernel computes. */
  readonly others: readonly string[]
}

/** Sizes do not show in a kernel. */
const T = 4
const shape = [2, 8]

/**
 * The kernels that `@snn/codegen` makes of a layer over a sequence x[t], from a state (`v[0]`) to the last (`v[T]`),
 * and of the gradient with respect to both and to what the layer learns.
 */
export function neuronKernels(cell: Cell): NeuronKernels {
  const initial = Object.entries(cell.initialState(shape, 'float32'))
  const states = initial.map(([name]) => name)
  const stateSignatures = initial.map(([, { shape, dtype }]): Signature => ({ shape, dtype }))
  const run = (xs: Tensor, start: readonly Tensor[]): readonly [last: readonly Tensor[], outputs: Tensor] => {
    const [last, outputs] = scan(
      (state: { readonly [name: string]: Tensor }, x: Tensor) => {
        const { output, state: after } = cell.step(x, state, { training: true })
        return [after, output] as const
      },
      Object.fromEntries(states.map((name, i) => [name, start[i]!])),
      xs,
    )
    return [states.map((name) => last[name]!), outputs]
  }
  const whole: Signature = { shape: [T, ...shape], dtype: 'float32' }
  const starts = states.map((name) => `${name}[0]`)
  const ends = states.map((name) => `${name}[T]`)

  const forward = traced(
    (xs, ...start) => {
      const [last, outputs] = run(xs, start)
      return [outputs, ...last]
    },
    [whole, ...stateSignatures],
    ['x[t]', ...starts],
    ['y[t]', ...ends],
  )
  // those per channel or neuron have their size by now
  const learned = cell.trainable
  const backward = traced(
    (xs, ...others) => {
      const [start, [dOutputs, ...dLast]] = [
        others.slice(0, states.length),
        others.slice(states.length) as [Tensor, ...Tensor[]],
      ]
      const [last, outputs] = run(xs, start)
      const loss = [outputs.mul(dOutputs).sum(), ...last.map((state, i) => state.mul(dLast[i]!).sum())].reduce(
        (sum, term) => sum.add(term),
      )
      return grad(loss, [xs, ...start, ...learned.map((name) => cell.variables[name]!)])
    },
    [whole, ...stateSignatures, whole, ...stateSignatures],
    ['x[t]', ...starts, derivative('y[t]'), ...ends.map(derivative)],
    [derivative('x[t]'), ...starts.map(derivative), ...learned.map(derivative)],
  )

  const [forwardKernel, backwardKernel] = [kernelOf(forward), kernelOf(backward)]
  return {
    ...(forwardKernel && { forward: forwardKernel }),
    ...(backwardKernel && { backward: backwardKernel }),
    others: othersIn(forward.nodes),
  }
}

interface Traced {
  readonly nodes: readonly Node[]
  readonly results: readonly Tensor[]
  /** Of parameters and results. */
  readonly names: ReadonlyMap<Tensor, string>
}

function traced(
  fn: (...parameters: readonly Tensor[]) => unknown,
  signatures: readonly Signature[],
  parameters: readonly string[],
  resultNames: readonly string[],
): Traced {
  const { program } = traceFunction(fn, signatures)
  const { results } = program
  const names = new Map([
    ...results.map((tensor, i) => [tensor, resultNames[i]!] as const),
    ...program.parameters.map((tensor, i) => [tensor, parameters[i]!] as const),
  ])
  return { nodes: topological({ parameters: [], results }), results, names }
}

/** The last scan of a program as a kernel: its own steps, or the gradient, which goes through the steps again. */
function kernelOf({ nodes, results, names }: Traced): NeuronKernel | undefined {
  const node = nodes.filter((candidate) => isPrimitive(candidate, 'scan')).at(-1)
  if (!node) return undefined
  const used = new Set([...results, ...nodes.flatMap(({ inputs }) => inputs)])
  const fused = fuseScan(node, {
    isWanted: (output) => used.has(output),
    isBound: (tensor) => tensor.node.primitive === 'read' || names.has(tensor),
  })
  if (!fused) return undefined
  const operands = describeOperands(fused, results, names)
  const sideOf = (isRead: boolean): string[] =>
    operands.flatMap(({ name, formula }, i) =>
      (fused.kernel.operands[i]!.role === 'input') === isRead ? [formula ? `${name} = ${formula}` : name] : [],
    )
  return {
    reads: sideOf(true),
    writes: sideOf(false),
    phases: kernelPhases(
      fused.kernel,
      operands.map(({ name }) => name),
    ),
    wat: indent(printKernel(fused.kernel, { isShared: false })),
    c: printKernelC(fused.kernel),
  }
}

/** Names of what a kernel reads and writes; what is computed of parameters before is c1, c2, .. with its formula. */
function describeOperands(
  { kernel, tensors }: Fused,
  results: readonly Tensor[],
  names: ReadonlyMap<Tensor, string>,
): { readonly name: string; readonly formula?: string }[] {
  const expression = graphExpression(new Map([...names].map(([tensor, name]) => [tensor, symbol(name)])))
  let computed = 0
  return kernel.operands.map(({ role }, i) => {
    const tensor = tensors[i]!
    if (role === 'input') {
      const formula = names.get(tensor) ?? printExpression(expression(tensor))
      return formula.includes(' ') ? { name: `c${++computed}`, formula } : { name: formula }
    }
    // what is added up over steps and elements, before perhaps more is done to it
    const result =
      names.get(tensor) ??
      names.get(
        results.find((of) =>
          topological({ parameters: [tensor], results: [of] }).some(({ inputs }) => inputs.includes(tensor)),
        )!,
      )
    return { name: role === 'sum' ? `Σ ${result ?? i}` : (result ?? `out${i}`) }
  })
}

/** WebAssembly text, two spaces for each open parenthesis. */
function indent(text: string): string {
  let depth = 0
  return text
    .split('\n')
    .map((line) => {
      const own = Math.max(0, depth - (line.startsWith(')') ? 1 : 0))
      depth += line.split('(').length - line.split(')').length
      return `${'  '.repeat(own)}${line}`
    })
    .join('\n')
}

/** What of the bodies of scans no kernel computes. */
function othersIn(nodes: readonly Node[]): string[] {
  const bodies = nodes
    .filter((node) => isPrimitive(node, 'scan'))
    .flatMap(({ attributes: { body } }) => topological(body))
  const simple = new Set(['reshape', 'broadcast', 'constant', 'placeholder'])
  return [...new Set(bodies.flatMap((node) => (simple.has(node.primitive) || isScalar(node) ? [] : [node.primitive])))]
}
