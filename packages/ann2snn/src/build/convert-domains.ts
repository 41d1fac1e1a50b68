import { accumulateLayer, differenceLayer, gateLayer, runningMeanLayer, type Layer } from '@snn/nn'
import type { CodeSettings } from '../codes/code.js'
import { takes, type Domain } from '../plan/domains.js'
import type { NetworkDraft } from '../prepare/graph.js'
import type { ConversionPlan } from '../plan/plan.js'

interface Conversion {
  readonly suffix: string
  readonly layer: Layer
}

export interface DomainOptions {
  readonly settings: CodeSettings
  /** First step that counts in a mean at the end. */
  readonly delay: number
}

/** Puts in what lies between constants, messages and values: gates, sums or means, differences. */
export function convertDomains(draft: NetworkDraft, plan: ConversionPlan, { settings, delay }: DomainOptions): void {
  const { network, code, roles, domains, depths } = plan
  const once = code.flow === 'once'
  const neuronsDeep = Math.max(0, ...depths.values())
  const atEnd = delay + (neuronsDeep > 0 ? neuronsDeep * settings.wait : 0)

  const toMessage = (from: Domain): Conversion | undefined => {
    if (from === 'constant') {
      if (once) return { suffix: 'once', layer: gateLayer({ start: 0, length: 1 }) }
      return settings.wait > 0 ? { suffix: 'window', layer: gateLayer({ start: 0, length: settings.T }) } : undefined
    }
    return from === 'value' && once ? { suffix: 'change', layer: differenceLayer({}) } : undefined
  }
  const toValue = (from: Domain, end: boolean): Conversion | undefined => {
    if (from !== 'message') return undefined
    if (once) return { suffix: 'sum', layer: accumulateLayer({}) }
    return end
      ? { suffix: 'mean', layer: runningMeanLayer({ delay: atEnd }) }
      : { suffix: 'rate', layer: runningMeanLayer({ delay: 0 }) }
  }

  for (const name of [...network.inputs, ...network.nodes].map((node) => node.name)) {
    const from = domains.get(name)!
    // what comes out of a layer with its own bias gate
    const source = draft.node(`${name}_bias`) ? `${name}_bias` : name
    const wanted = new Map<string, { readonly conversion: Conversion; readonly users: string[] }>()
    for (const user of network.nodes.filter(({ inputs }) => inputs.includes(name))) {
      const conversion =
        takes(plan, user.name) === 'message' ? toMessage(from) : toValue(from, roles.get(user.name) === 'readout')
      if (!conversion) continue
      const { users } =
        wanted.get(conversion.suffix) ??
        wanted.set(conversion.suffix, { conversion, users: [] }).get(conversion.suffix)!
      users.push(user.name)
    }
    const end = network.outputs.includes(name) ? toValue(from, true) : undefined
    for (const { conversion, users } of wanted.values())
      draft.insertAfter(source, `${name}_${conversion.suffix}`, conversion.layer, users)
    if (end) draft.appendOutput(source, `${name}_${end.suffix}`, end.layer)
  }
}
