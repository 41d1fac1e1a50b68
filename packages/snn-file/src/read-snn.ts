import { checkSteps, Network } from '@snn/nn'
import type { AnyNeuronModel } from '@snn/neuron'
import { readContents, type OnnxTensor } from '@snn/onnx'
import { isSnnError, variable, type TensorLike, type Variable } from '@snn/tensor'
import { checkOptions } from '@snn/tensor/library'
import { initialPath, type InitialValue } from './initial-values.js'
import { layerFrom } from './layer-from.js'
import { formatVersion, type NetworkDescription, type SnnMetadata } from './snn-form.js'
import { batchMarker, stateSignature, withBatch } from './states.js'
import { parseJson, parseList, wrongFile } from './texts.js'
import { parseUsage } from './usage.js'

export interface ReadOptions {
  /** Models of neurons that somebody else has defined, for the layers of their kinds. */
  readonly neurons?: readonly AnyNeuronModel[]
}

/**
 * Reads what `toOnnx` wrote, of this version or an older one. `snn.metadata` says how the network is run and read, as
 * the file does.
 *
 * @throws `SNN_FILE` for an ONNX model that is no `.snn.onnx`, of a newer version, or with a layer of a kind that is
 * not known; `ONNX_INVALID`,
 * `ARGUMENT`, `SHAPE` for what contradicts itself
 */
export function readSnn(
  bytes: Uint8Array,
  options: ReadOptions = {},
): { readonly snn: Network; readonly metadata: SnnMetadata } {
  checkOptions('readSnn', options, ['neurons'])
  const { neurons = [] } = options
  const { constants, metadata } = readContents(bytes)
  const version = Number(metadata['snn.version'])
  if (!(version >= 1 && version <= formatVersion)) {
    const got =
      metadata['snn.version'] === undefined ? 'no snn.version in its metadata' : `version ${metadata['snn.version']}`
    throw wrongFile(
      `it has ${got}, expected ${formatVersion}`,
      metadata['snn.version'] === undefined ? 'Convert the model first: snn convert.' : 'Update @snn/snn-file.',
    )
  }
  const { inputs, nodes, outputs, feedback = [] } = parseJson(metadata, 'snn.network') as NetworkDescription
  if (![inputs, nodes, outputs, feedback].every(Array.isArray))
    throw wrongFile('its metadata snn.network is not of the right form', 'Write it again.')
  const initial = parseJson(metadata, 'snn.initial') as Readonly<Record<string, InitialValue>>
  const variableOf = (name: string): Variable => {
    const constant = constants.get(name)
    if (!isTensorLike(constant))
      throw wrongFile(
        `its array '${name}' is ${constant ? constant.dtype : 'missing'}, expected float32, int32, uint8 or bool`,
        'Write it again.',
      )
    return variable(constant, { name })
  }
  try {
    const use = parseUsage(metadata)
    const snn = new Network({
      // what a file does not say: the output of the last step, for an input that is the same at every step
      metadata: { readout: { by: 'last' }, encoding: 'constant', ...use },
      inputs,
      nodes: nodes.map(({ name, kind, config, inputs: from, variables }) => {
        const arrays = Object.entries(variables).map(([key, constant]) => [key, variableOf(constant)] as const)
        const layer = layerFrom(
          kind,
          config,
          Object.fromEntries([...arrays, ...initialVariables(name, initial)]),
          neurons,
        )
        if (!layer)
          throw wrongFile(
            `its layer '${name}' is of the unknown kind '${kind}'`,
            'Update @snn/snn-file, or give the model: readSnn(bytes, { neurons: [..] }).',
          )
        return { name, layer, inputs: from }
      }),
      outputs,
      feedback,
    })
    const form = metadata['snn.form'] ?? 'step'
    if (form !== 'step' && form !== 'sequence')
      throw wrongFile(`its metadata snn.form is '${form}', expected 'step' or 'sequence'`, 'Update @snn/snn-file.')
    // a step, or a sequence, that is only traced shows what else does not fit
    stateSignature(
      snn,
      withBatch(
        snn.inputs.map(({ name, shape }) => ({ name, shape: shape! })),
        batchMarker,
        form === 'step' ? undefined : checkSteps(use.T ?? NaN, 'readSnn'),
      ),
      form,
    )
    return {
      snn,
      metadata: {
        ...use,
        ...(metadata['snn.preprocess'] === undefined ? {} : { preprocess: parseJson(metadata, 'snn.preprocess') }),
        ...(metadata['snn.label_offset'] === undefined ? {} : { labelOffset: Number(metadata['snn.label_offset']) }),
        ...(metadata['snn.calibration'] === undefined ? {} : { calibration: parseList(metadata, 'snn.calibration') }),
        ...(metadata['snn.source'] === undefined ? {} : { source: metadata['snn.source'] }),
        ...(metadata['snn.class_names'] === undefined ? {} : { classNames: parseList(metadata, 'snn.class_names') }),
      },
    }
  } catch (error) {
    if (isSnnError(error)) throw error
    throw wrongFile('its metadata snn.network is not of the right form', 'Write it again.', error)
  }
}

function initialVariables(node: string, initial: Readonly<Record<string, InitialValue>>): [string, Variable][] {
  return Object.entries(initial).flatMap(([path, value]): [string, Variable][] => {
    if (typeof value === 'number' || !path.startsWith(`${node}.`)) return []
    return [
      [
        initialPath(path.slice(node.length + 1)),
        variable({ data: Float32Array.from(value.data), shape: value.shape }, { name: `${node}.initial` }),
      ],
    ]
  })
}

function isTensorLike(constant: OnnxTensor | undefined): constant is OnnxTensor & Required<TensorLike> {
  return constant !== undefined && ['float32', 'int32', 'uint8', 'bool'].includes(constant.dtype)
}

/** Whether an ONNX file's metadata say that it is a spiking network of `toOnnx`. */
export function isSnnFile(bytes: Uint8Array): boolean {
  return 'snn.version' in readContents(bytes).metadata
}
