import { writeOnnx, type OnnxModelSpec, type OnnxTensor } from '@snn/onnx'
import { symmetric } from './numbers.js'

type Node = OnnxModelSpec['nodes'][number]

/**
 * ResNet-18 (He et al., CVPR 2016) for pictures of 32 x 32 as an ONNX file: a first convolution 3 x 3 with 64 channels,
 * four stages of two blocks with 64, 128, 256 and 512 channels, 10 classes, batch normalisation folded. Its weights are
 * `symmetric` numbers of variance 1 / fan-in; the weight with number `key` counts convolutions in the order of a
 * block's first, second, shortcut. No biases but the classifier's, 0.
 */
export function resnet18(): Uint8Array<ArrayBuffer> {
  const nodes: Node[] = []
  const constants: Record<string, OnnxTensor> = {}
  let weights = 0

  const weight = (...shape: readonly [number, ...number[]]): string => {
    const name = `weight${weights}`
    const fanIn = shape.slice(1).reduce((a, b) => a * b, 1)
    constants[name] = { dtype: 'float32', shape, data: symmetric(shape[0] * fanIn, weights, Math.sqrt(3 / fanIn)) }
    weights++
    return name
  }
  const add = (op: string, inputs: readonly string[], attributes: Node['attributes'] = {}): string => {
    const output = `${op.toLowerCase()}${nodes.length}`
    nodes.push({ op, name: output, inputs, outputs: [output], attributes })
    return output
  }
  const convolution = (x: string, from: number, to: number, kernel: number, stride: number): string => {
    const padding = (kernel - 1) / 2
    return add('Conv', [x, weight(to, from, kernel, kernel)], {
      kernel_shape: [kernel, kernel],
      strides: [stride, stride],
      pads: [padding, padding, padding, padding],
    })
  }
  const block = (x: string, from: number, to: number, stride: number): string => {
    const inner = add('Relu', [convolution(x, from, to, 3, stride)])
    const outer = convolution(inner, to, to, 3, 1)
    const shortcut = from === to ? x : convolution(x, from, to, 1, stride)
    return add('Relu', [add('Add', [outer, shortcut])])
  }

  let x = add('Relu', [convolution('x', 3, 64, 3, 1)])
  let channels = 64
  for (const [stage, to] of [64, 128, 256, 512].entries()) {
    x = block(x, channels, to, stage === 0 ? 1 : 2)
    x = block(x, to, to, 1)
    channels = to
  }
  constants['bias'] = { dtype: 'float32', shape: [10], data: new Float32Array(10) }
  const logits = add('Gemm', [add('Flatten', [add('GlobalAveragePool', [x])]), weight(10, 512), 'bias'], { transB: 1 })
  return writeOnnx({
    inputs: [{ name: 'x', dtype: 'float32', shape: ['N', 3, 32, 32] }],
    outputs: [{ name: logits, dtype: 'float32', shape: ['N', 10] }],
    nodes,
    constants,
  })
}
