import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { isNeuronModel, type AnyModel } from '@snn/equations'
import * as library from '@snn/neuron'
import { SnnError } from '@snn/tensor'
import { neuronFault, runModule } from './user-module.js'

/** A neuron to be explained: the name that it is exported under, and the model. */
export interface FoundNeuron {
  readonly name: string
  readonly model: AnyModel
}

function modelsIn(exported: object): FoundNeuron[] {
  const seen = new Set<unknown>()
  const once = (value: unknown): boolean => isNeuronModel(value) && !seen.has(value) && Boolean(seen.add(value))
  return Object.entries(exported).flatMap(([name, value]) =>
    once(value) ? [{ name: name === 'default' ? (value as AnyModel).kind : name, model: value as AnyModel }] : [],
  )
}

/** The neurons of `@snn/neuron` by name. */
export const builtInNeurons: readonly FoundNeuron[] = modelsIn(library)

/**
 * The neurons that `source` means: one of this library by its name, or those that a JavaScript or TypeScript module
 * exports, which is run.
 *
 * @throws `DATA_NOT_FOUND` where there is no such file, `ARGUMENT` for one that cannot be run or exports no neuron
 */
export async function findNeurons(source: string): Promise<readonly FoundNeuron[]> {
  const builtIn = builtInNeurons.filter(({ name }) => name === source)
  if (builtIn.length > 0) return builtIn
  const isFile = await stat(source).then(
    (found) => found.isFile(),
    () => false,
  )
  if (!isFile && /[./\\]/.test(source)) {
    throw new SnnError(
      'DATA_NOT_FOUND',
      `[explain] no file ${source}, expected a module that exports a neuron. Correct the path.`,
      { path: source, looked: [resolve(source)] },
    )
  }
  const names = builtInNeurons.map(({ name }) => name).join(', ')
  if (!isFile && source in library)
    throw neuronFault(
      source,
      `is not made by defineNeuron or extendNeuron and has no charge, fire and reset of its own, expected one of ${names}.`,
    )
  const meant = builtInNeurons.find(({ name }) => name.toLowerCase() === source.toLowerCase())
  if (!isFile)
    throw neuronFault(
      source,
      `is neither a file nor a neuron of @snn/neuron, expected a path or one of ${names}.${meant ? ` ${meant.name} is meant?` : ''}`,
    )
  const exported = await runModule(source)
  const found = modelsIn(exported)
  if (found.length > 0) return found
  const cells = Object.keys(exported).filter((name) => isCell(exported[name]))
  if (cells.length > 0)
    throw neuronFault(
      source,
      `exports a layer of neurons (${cells.join(', ')}), expected the model that it is made of, as defineNeuron and extendNeuron give. Export that.`,
    )
  throw neuronFault(
    source,
    `exports ${Object.keys(exported).join(', ') || 'nothing'}, expected a neuron. Write: export const myNeuron = defineNeuron('myNeuron', { .. }).`,
  )
}

function isCell(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'kind' in value && ('step' in value || 'apply' in value)
}
