import { SnnError } from '@snn/tensor'
import { checkMembers } from '@snn/tensor/library'
import type { OnnxModelSpec, OnnxTensor } from '../graph.js'

/**
 * A model that was lowered with the batch size `size`, with that size made symbolic: leading sizes of inputs and
 * outputs become `symbol`, targets of Reshape -1, those of Expand are made of the size of an input. `size` must be a
 * number larger than any other size of the model that divides none, such as a large prime.
 *
 * Throws `UNSUPPORTED` when another operation needs the size as a number.
 */
export function freeSize(model: OnnxModelSpec, size: number, symbol: string): OnnxModelSpec {
  checkMembers(
    'freeSize',
    model,
    'model',
    ['nodes', 'inputs', 'outputs', 'constants'],
    'a graph of readOnnx or { inputs, outputs, nodes, constants }',
  )
  const given = new Map<string, OnnxTensor>(
    model.constants instanceof Map
      ? model.constants
      : Object.entries(model.constants as Readonly<Record<string, OnnxTensor>>),
  )
  const constants = new Map(given)
  const free = <V extends { readonly shape: readonly (number | string)[] | undefined }>(value: V): V => ({
    ...value,
    shape: value.shape?.map((n) => (n === size ? symbol : n)),
  })
  const isFree = (n: bigint | number): boolean => typeof n === 'bigint' && n !== 0n && n % BigInt(size) === 0n
  const added: OnnxModelSpec['nodes'][number][] = []
  const expandTo = new Map<string, string>()
  const ints = (name: string, data: readonly bigint[]): string => {
    constants.set(name, { dtype: 'int64', shape: [data.length], data: BigInt64Array.from(data) })
    return name
  }
  /** shape = fixed + factors batch. */
  const shapeOf = (name: string, shape: readonly bigint[]): string => {
    const source = model.inputs.find((input) => input.shape?.includes(size))
    const axis = source?.shape?.indexOf(size) ?? 0
    if (!source) throw needed('Expand')
    if (added.length === 0)
      added.push({
        op: 'Shape',
        inputs: [source.name],
        outputs: [`${symbol}.size`],
        attributes: { start: axis, end: axis + 1 },
      })
    const fixed = ints(
      `${name}.fixed`,
      shape.map((n) => (isFree(n) ? 0n : n)),
    )
    const factors = ints(
      `${name}.factors`,
      shape.map((n) => (isFree(n) ? n / BigInt(size) : 0n)),
    )
    added.push(
      { op: 'Mul', inputs: [factors, `${symbol}.size`], outputs: [`${name}.scaled`], attributes: {} },
      { op: 'Add', inputs: [`${name}.scaled`, fixed], outputs: [`${name}.shape`], attributes: {} },
    )
    return `${name}.shape`
  }
  for (const node of model.nodes) {
    for (const [i, name] of node.inputs.entries()) {
      const constant = given.get(name)
      if (!constant || constant.dtype !== 'int64' || !constant.data.some(isFree)) continue
      if (node.op === 'Expand' && i === 1) {
        if (!expandTo.has(name)) expandTo.set(name, shapeOf(name, [...constant.data]))
      } else if (node.op === 'Reshape' && i === 1) {
        constants.set(name, { ...constant, data: constant.data.map((n) => (isFree(n) ? -1n : n)) })
      } else {
        throw needed(node.op)
      }
    }
  }
  const nodes = model.nodes.map((node) =>
    node.op === 'Expand' && expandTo.has(node.inputs[1]!)
      ? { ...node, inputs: [node.inputs[0]!, expandTo.get(node.inputs[1]!)!] }
      : node,
  )
  for (const name of expandTo.keys()) if (!nodes.some(({ inputs }) => inputs.includes(name))) constants.delete(name)
  return {
    ...model,
    nodes: [...added, ...nodes],
    inputs: model.inputs.map(free),
    outputs: model.outputs.map(free),
    constants,
  }
}

function needed(primitive: string): SnnError {
  return new SnnError(
    'UNSUPPORTED',
    `[freeSize] '${primitive}' needs the batch size as a number, expected a network that treats each sample for itself.`,
    { primitive, backend: 'onnx' },
  )
}
