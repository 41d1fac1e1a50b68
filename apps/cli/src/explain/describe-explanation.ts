import type { Assignment } from '@snn/equations'
import { isLearnable, type Learnable, type ParameterValue } from '@snn/surrogate'
import type { NeuronExplanation } from './explain-neuron.js'
import type { KernelPhase } from './kernel-phases.js'
import type { NeuronKernel } from './kernels.js'

/** An explanation for readers, and the kernels in the forms that are asked for. */
export function describeExplanation(explanation: NeuronExplanation, forms: readonly ('wat' | 'c')[]): string {
  const { name, kind, parameters, options, start, equations, gradient, spike, kernels, notInKernels } = explanation
  const facts = (values: Readonly<Record<string, unknown>>): string =>
    Object.entries(values)
      .map(([key, value]) => `${key} ${valueText(value)}`)
      .join(', ') || 'none'
  const { charge, fire, reset, output } = equations
  return [
    name === kind ? kind : `${kind} (${name})`,
    '',
    ...block([
      ['parameters', [facts(parameters)]],
      ['options', [facts(options)]],
      ...(spike
        ? [
            [
              'surrogate',
              [`${spike.surrogate}${Object.keys(spike.parameters).length > 0 ? `, ${facts(spike.parameters)}` : ''}`],
            ] as const,
          ]
        : []),
      ['start', [start.map(({ name: state, formula }) => `${state} = ${formula}`).join(', ')]],
    ]),
    '',
    'Equations of one step with input x:',
    '',
    ...block([
      ['charge', written(charge)],
      ['fire', written(fire)],
      ['reset', written(reset)],
      ...(output.length > 0 ? [['output', written(output)] as const] : []),
    ]),
    ...(spike ? ['', ...block([['where', written(spike.H)]])] : []),
    '',
    `Gradient, from the last step to the first; ∂q is the derivative of the loss with respect to q, and ${output.length > 0 ? '∂y' : '∂s'} comes from the layers above:`,
    '',
    ...block([
      ['reset', written(gradient.reset)],
      ['fire', written(gradient.fire)],
      ['charge', written(gradient.charge)],
    ]),
    ...(spike ? ['', ...block([['where', written(spike.g)]])] : []),
    ...kernelText('forward, the steps', kernels.forward, notInKernels, forms),
    ...kernelText('backward, the steps again and then their gradient', kernels.backward, notInKernels, forms),
  ].join('\n')
}

const indented = (lines: readonly string[], by = 2): string[] => lines.map((line) => `${' '.repeat(by)}${line}`)

/** Labels on the left, lines on the right. */
function block(rows: readonly (readonly [label: string, lines: readonly string[]])[]): string[] {
  const width = Math.max(...rows.map(([label]) => label.length), 6)
  return indented(
    rows.flatMap(([label, lines]) =>
      (lines.length > 0 ? lines : ['nothing']).map((line, i) => `${(i === 0 ? label : '').padEnd(width)}  ${line}`),
    ),
  )
}

/** Equations with their signs below each other. */
function written(list: readonly Assignment[]): string[] {
  const width = Math.max(0, ...list.map(({ name }) => name.length))
  const signs = Math.max(0, ...list.map(({ relation }) => relation.length))
  return list.map(({ name, relation, formula }) => `${name.padEnd(width)} ${relation.padStart(signs)} ${formula}`)
}

function kernelText(
  title: string,
  kernel: NeuronKernel | undefined,
  others: readonly string[],
  forms: readonly ('wat' | 'c')[],
): string[] {
  if (!kernel)
    return [
      '',
      `Kernel ${title}: none of its own${others.length > 0 ? `, for ${others.join(', ')} run beside it` : ''}.`,
    ]
  return [
    '',
    `Kernel ${title}:`,
    '',
    ...indented([`reads   ${kernel.reads.join(', ')}`, `writes  ${kernel.writes.join(', ')}`]),
    '',
    ...indented(kernel.phases.flatMap(phaseText)),
    ...forms.flatMap((form) => ['', ...indented(kernel[form].trimEnd().split('\n'))]),
  ]
}

function phaseText({ steps, lines }: KernelPhase): string[] {
  if (steps === 'once') return [...lines]
  return [steps === 'ascending' ? 'for t = 0 .. T-1' : 'for t = T-1 .. 0', ...indented(lines)]
}

function valueText(value: unknown): string {
  if (typeof value === 'number') return String(Number(value.toPrecision(6)))
  if (typeof value !== 'object' || value === null) return String(value)
  if (isLearnable(value as ParameterValue))
    return `${valueText((value as Learnable).learnable)} (learned per ${(value as Learnable).per})`
  return `{ ${Object.entries(value)
    .map(([key, of]) => `${key}: ${valueText(of)}`)
    .join(', ')} }`
}
