import type { Network } from '@snn/nn'
import type { Shape } from '@snn/tensor'
import type { CodeName } from '../codes/code.js'
import { codesFor, describe, parameterCount, planConversion, refusalOf, type Role } from '../plan/plan.js'
import { prepare } from '../prepare/prepare.js'
import { checkNetwork } from '../check.js'

/** One layer of a model. `macs`: multiply-accumulates for one sample. */
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

/** What a model is made of, and what stands in the way of a conversion, found without data. */
export interface Inspection {
  readonly layers: readonly LayerInspection[]
  readonly parameters: number
  readonly macs: number
  /** Whether `convert` takes it in the code 'binary': all layers convert, and something spikes. */
  readonly convertible: boolean
  /** What `convert` says where it does not. */
  readonly refusal?: string
  /** The codes in which the whole network becomes spiking. */
  readonly codes: readonly CodeName[]
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
  const refusal = refusalOf(prepared)
  return {
    layers,
    parameters: parameterCount(network),
    macs: [...macs.values()].reduce((a, b) => a + b, 0),
    convertible: refusal === undefined,
    ...(refusal && { refusal: refusal.message }),
    codes: codesFor(prepared),
    notes,
  }
}
