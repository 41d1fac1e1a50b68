import { initialState, Network, type NetworkNode, type NetworkState } from '@snn/nn'
import { compile, scan, type Backend, type Tensor } from '@snn/tensor'
import type { CodeSettings } from '../codes/code.js'
import { depthsOf } from '../domains.js'
import { normalize, type NeuronCalibration } from '../normalize.js'
import type { Plan } from '../plan.js'

/** What has been calibrated so far, in units of the ANN. */
export interface Calibrated {
  /** The network with the weights chosen so far. */
  network: Network
  readonly thresholds: Map<string, Float64Array>
  readonly neurons: Map<string, NeuronCalibration>
}

/** The plan of the part of its network that the values `names` need; they are its outputs. */
export function partOf(plan: Plan, network: Network, names: readonly string[]): Plan {
  const needed = new Set(names)
  const nodes: NetworkNode[] = []
  for (const node of [...network.nodes].reverse()) {
    if (!needed.has(node.name)) continue
    nodes.unshift(node)
    for (const input of node.inputs) needed.add(input)
  }
  // nothing is a readout before the end
  const roles = new Map([...plan.roles].filter(([name]) => needed.has(name)))
  return { ...plan, code: { ...plan.code, absorbs: false }, roles, network: new Network({ inputs: network.inputs, nodes, outputs: [...names] }) }
}

/**
 * The spiking part that computes the values `names`: what flows there in all steps added up (`sums`, divided by T), or at each step
 * (`series`, [steps, N, ..]). Constants are currents at every step.
 */
export async function partial(plan: Plan, calibrated: Calibrated, settings: CodeSettings, names: readonly string[], backend: Backend | undefined) {
  const part = partOf(plan, calibrated.network, names)
  const thresholds = new Map([...calibrated.thresholds].filter(([name]) => part.roles.has(name)))
  const { snn } = await normalize(part, thresholds, { initialPotential: 0.5, delay: 0, settings, neurons: calibrated.neurons })
  const depths = depthsOf(part)
  // the value itself stands in front of the mean that ends every output
  const sources = snn.outputs.map((name) => {
    const node = snn.nodes.find((candidate) => candidate.name === name)
    return node?.layer.kind === 'runningMean' ? node.inputs[0]! : name
  })
  const constant = sources.map((name, i) => name === snn.outputs[i])
  const steps = Math.max(...names.map((name) => depths.get(name)!)) * settings.wait + settings.T
  const inputNames = new Set(snn.inputs.map(({ name }) => name))
  const record = sources.filter((name) => !inputNames.has(name)).map((name) => `${name}.output`)
  const valuesOf = (inputs: Readonly<Record<string, Tensor>>, recorded: Readonly<Record<string, Tensor>>): Tensor[] => sources.map((name) => recorded[`${name}.output`] ?? inputs[name]!)
  const sums = compile(
    (x: Tensor) => {
      const inputs = snn.bind(x)
      const state = initialState(snn, inputs)
      const first = valuesOf(inputs, snn.run('step', inputs, { state, record }).recorded)
      const [{ totals }] = scan(
        (now: { readonly state: NetworkState; readonly totals: Tensor[] }) => {
          const { state: next, recorded } = snn.run('step', inputs, { state: now.state, record })
          return [{ state: next, totals: valuesOf(inputs, recorded).map((value, i) => now.totals[i]!.add(value)) }, null] as const
        },
        { state, totals: first.map((value) => value.mul(0)) },
        null,
        { length: steps },
      )
      return totals.map((total, i) => total.div(constant[i] ? steps : settings.T))
    },
    { backend },
  )
  const series = compile(
    (x: Tensor) => {
      const inputs = snn.bind(x)
      const [, values] = scan(
        (now: NetworkState) => {
          const { state: next, recorded } = snn.run('step', inputs, { state: now, record })
          return [next, valuesOf(inputs, recorded).map((value) => value.add(0))] as const
        },
        initialState(snn, inputs),
        null,
        { length: steps },
      )
      return values
    },
    { backend },
  )
  return {
    steps,
    sums,
    series,
    async [Symbol.asyncDispose]() {
      await sums.dispose()
      await series.dispose()
    },
  }
}
