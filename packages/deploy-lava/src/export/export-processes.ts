import type { Resources } from '@snn/nir'
import type { Network } from '@snn/nn'
import type { LoadedNetwork } from '../netx/load-network.js'
import { resourcesOf } from '../resources/resources.js'
import { checkExport, reportsOf, type ExportNetOptions, type ExportReport } from './export-net.js'
import { planStages, readsOf, type StagePlan } from './plan-stages.js'
import { processesJson, processScript } from './process-script.js'
import { processesOf } from './processes-of.js'

/** What `exportProcesses` gives: a network with branches, which a `.net` file cannot hold. */
export interface ExportedProcesses {
  /** For `simulator`, `compileSimulator` and `steps` of `@snn/deploy-lava/sim`. */
  readonly graph: LoadedNetwork
  /** Steps from an input to the last answer to it: most layers of neurons on a way through. */
  readonly depth: number
  /** `network.json`, the processes, and `network.py`, which runs them in Lava. */
  readonly files: Readonly<Record<string, Uint8Array>>
  readonly report: ExportReport
  readonly resources: Resources
}

/**
 * A spiking network as Lava processes that connect freely, for networks with branches, which a `.net` file cannot hold:
 * where branches meet (`add`), the neurons take the sums of several synapses. Each synapse takes a step, so a shortcut
 * passes neurons that relay its spikes until those that went the long way are there. Everything else is as with
 * `exportNet`, of which it takes the options.
 *
 * @throws `CONVERT_UNSUPPORTED` naming the layer and what to do; `ARGUMENT` for options
 */
export async function exportProcesses(network: Network, options: ExportNetOptions = {}): Promise<ExportedProcesses> {
  const plan = checkExport('exportProcesses', options)
  return exportGraph(await planStages(network, plan), plan.weightBits, options)
}

/** Processes, files, report and resources of planned stages. */
export function exportGraph(
  plans: readonly StagePlan[],
  weightBits: number,
  { out = 'network', encoder, steps }: ExportNetOptions,
): ExportedProcesses {
  const graph = processesOf(plans, weightBits, steps)
  const depth = plans.at(-1)!.stage.depth + 1
  const script = processScript(out, graph, depth, { encoder, steps, reads: readsOf(plans) })
  const [json, python] = [processesJson(graph, depth), script].map((text) => new TextEncoder().encode(text)) as [
    Uint8Array,
    Uint8Array,
  ]
  return {
    graph,
    depth,
    files: { [`${out}.json`]: json, [`${out}.py`]: python },
    report: reportsOf(plans, weightBits, steps !== undefined),
    resources: resourcesOf(graph),
  }
}
