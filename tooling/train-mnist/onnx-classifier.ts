import type { AveragePoolConfig, BatchNormConfig, ConvConfig, Network, NetworkNode } from '@snn/nn'
import type { Loader } from '@snn/datasets'
import { writeOnnx, type OnnxAttribute, type OnnxModelSpec, type OnnxTensor } from '@snn/onnx'
import { InferenceSession, Tensor } from 'onnxruntime-node'

/** Each kind has some of these. */
type Config = ConvConfig & AveragePoolConfig & BatchNormConfig
type Operation = readonly [
  op: string,
  attributes: (config: Config) => Readonly<Record<string, OnnxAttribute>>,
  variables?: readonly string[],
]

/** [[top, bottom], [left, right]] as ONNX writes it: all lows, then all highs. */
const pads = (padding: readonly (readonly [number, number])[]): number[] => [
  ...padding.map(([low]) => low),
  ...padding.map(([, high]) => high),
]

/** What ONNX calls each kind of layer, and the order of its arrays. */
const operations: Readonly<Record<string, Operation>> = {
  conv: [
    'Conv',
    ({ stride, padding, dilation, groups }) => ({
      strides: stride,
      pads: pads(padding),
      dilations: dilation,
      group: groups,
    }),
    ['weight', 'bias'],
  ],
  batchNorm: ['BatchNormalization', ({ epsilon }) => ({ epsilon }), ['weight', 'bias', 'mean', 'variance']],
  relu: ['Relu', () => ({})],
  maxPool: [
    'MaxPool',
    ({ kernel, stride, padding }) => ({ kernel_shape: kernel, strides: stride, pads: pads(padding) }),
  ],
  averagePool: [
    'AveragePool',
    ({ kernel, stride, padding, countIncludePad }) => ({
      kernel_shape: kernel,
      strides: stride,
      pads: pads(padding),
      count_include_pad: Number(countIncludePad),
    }),
  ],
  flatten: ['Flatten', () => ({ axis: 1 })],
  linear: ['Gemm', () => ({ transB: 1 }), ['weight', 'bias']],
}

/**
 * A classifier without memory as a standard ONNX model: `image` [N, ..sample] -> `logits` [N, classes], a node for each
 * layer and of its name, weights beside them under the paths that `net.variables()` gives.
 */
export async function onnxClassifier(
  net: Network,
  classes: number,
  metadata: Readonly<Record<string, string>>,
): Promise<Uint8Array> {
  const constants: Record<string, OnnxTensor> = {}
  for (const [name, value] of Object.entries(net.variables())) {
    constants[name] = { dtype: 'float32', shape: value.shape, data: (await value.data()) as Float32Array }
  }
  const valueName = (name: string): string =>
    name === net.inputs[0]!.name ? 'image' : name === net.outputs[0] ? 'logits' : `${name}.output`
  const node = ({ name, layer, inputs }: NetworkNode): OnnxModelSpec['nodes'][number] => {
    const [op, attributes, variables = []] = operations[layer.kind]!
    const arrays = variables.filter((key) => layer.variables[key]).map((key) => `${name}.${key}`)
    return {
      op,
      name,
      inputs: [...inputs.map(valueName), ...arrays],
      outputs: [valueName(name)],
      attributes: attributes(layer.config as unknown as Config),
    }
  }
  return writeOnnx({
    name: 'mnist-cnn',
    producer: 'train-mnist',
    opset: 13,
    inputs: [{ name: 'image', dtype: 'float32', shape: ['N', ...net.inputs[0]!.shape!] }],
    outputs: [{ name: 'logits', dtype: 'float32', shape: ['N', classes] }],
    nodes: net.nodes.map(node),
    constants,
    metadata,
  })
}

/** On how many samples an ONNX classifier is right, by ONNX Runtime. */
export async function correctOf(model: Uint8Array, batches: Loader): Promise<number> {
  const session = await InferenceSession.create(model)
  let correct = 0
  for await (const [x, labels] of batches) {
    const { logits } = await session.run({ image: new Tensor('float32', x.data as Float32Array, x.shape) })
    const rows = logits!.data as Float32Array
    const classes = rows.length / labels.data.length
    labels.data.forEach((label, i) => {
      const row = rows.subarray(i * classes, (i + 1) * classes)
      correct += Number(row.indexOf(Math.max(...row)) === label)
    })
  }
  await session.release()
  return correct
}
