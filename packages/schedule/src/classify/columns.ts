import { fuseColumns, type FusedNest } from '@snn/codegen'
import { placeholder, sizeOf, type Tensor } from '@snn/tensor'
import { isPrimitive, type Graph, type Node, withOrigin } from '@snn/tensor/backend'

/**
 * The weight gradient of a convolution as the product of its windows, written out (im2col), and the gradient of its
 * result: dw [O, C, kernel] = sum over images of dy [O, windows] times the windows of x, [C kernel, windows]
 * transposed.
 */
export interface Columns {
  /** Writes the windows out. */
  readonly windows: FusedNest
  /** The product, of the windows and dy. */
  readonly product: Graph
}

function isUngrouped(node: Node): node is Node<'convWeightGradient'> {
  return isPrimitive(node, 'convWeightGradient') && node.attributes.groups === 1
}

/** Whether a node can be computed so. */
export function isByColumns(node: Node): boolean {
  return isUngrouped(node) && fuseColumns(node, node.inputs[0]!) !== undefined
}

/** `node` in this form; undefined when it has none. */
export function columnsOf(node: Node, isBound: (tensor: Tensor) => boolean): Columns | undefined {
  if (!isUngrouped(node)) return undefined
  const [, dy] = node.inputs as readonly [Tensor, Tensor]
  const [{ shape }] = node.outputs as readonly [Tensor]
  const [filters, channels, ...kernel] = shape as readonly [number, number, ...number[]]
  const places = sizeOf(dy.shape.slice(-kernel.length))
  const images = sizeOf(dy.shape) / (filters * places)
  return withOrigin(node, () => {
    const columns = placeholder([images, channels * sizeOf(kernel), places])
    const windows = fuseColumns(node, columns, isBound)
    if (!windows) return undefined
    const given = placeholder([images, filters, places])
    const result = columns.matmul(given.transpose()).sum(0).transpose().reshape(shape)
    return { windows, product: { parameters: [columns, given], results: [result] } }
  })
}

/**
 * In an order in which such weight gradients come behind all that needs none of them, those with the most windows last:
 * written out, these take much memory, when others have freed what they can.
 */
export function weightGradientsLast(nodes: readonly Node[], columns: ReadonlyMap<Node, Columns>): Iterable<Node> {
  if (columns.size === 0) return nodes
  const size = (node: Node): number => sizeOf(columns.get(node)!.windows.output.shape)
  const late = new Set<Node>()
  for (const node of nodes) if (columns.has(node) || node.inputs.some((input) => late.has(input.node))) late.add(node)
  const ordered = new Set(nodes.filter((node) => !late.has(node)))
  const add = (node: Node): void => {
    if (!late.delete(node)) return
    for (const input of node.inputs) add(input.node)
    ordered.add(node)
  }
  for (const node of [...[...columns.keys()].sort((a, b) => size(a) - size(b)), ...late]) add(node)
  return ordered
}
