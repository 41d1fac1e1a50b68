import type { Network } from '@snn/nn'
import type { Shape } from '@snn/tensor'
import { parameterCount } from './convert.js'
import { describe, planConversion, type Role } from './plan.js'
import { prepare } from './prepare.js'
import { checkNetwork } from './check.js'

export interface LayerInspection {
  readonly name: string
  readonly kind: string
  /** Shape of one sample's output. */
  readonly shape: Shape
  readonly parameters: number
  readonly macs: number
  readonly role: Role
  /** Whether rate coding carries it. */
  readonly converts: boolean
}

export interface Inspection {
  readonly layers: readonly LayerInspection[]
  readonly parameters: number
  readonly macs: number
  /** Whether all layers convert. */
  readonly convertible: boolean
  readonly notes: readonly string[]
}

/** What a network consists of, and what conversion would make of each layer (after folding batch normalisation). */
export async function inspectNetwork(network: Network): Promise<Inspection> {
  checkNetwork('inspectNetwork', network, 'network')
  const { network: prepared, notes } = await prepare(network, { softmax: 'keep' })
  const { roles, shapes, macs } = planConversion(prepared, 'keep')
  const layers = prepared.nodes.map(({ name, layer }) => ({
    name,
    kind: describe(layer),
    shape: shapes.get(name)!,
    parameters: Object.values(layer.variables).reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0),
    macs: macs.get(name) ?? 0,
    role: roles.get(name)!,
    converts: roles.get(name) !== 'analogue',
  }))
  return {
    layers,
    parameters: parameterCount(network),
    macs: [...macs.values()].reduce((a, b) => a + b, 0),
    convertible: layers.every(({ converts }) => converts),
    notes,
  }
}
