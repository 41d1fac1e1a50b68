import { fuseNest, fusePlanes, fuseScan, isScalar, sumMapping, type FusedPlanes } from '@snn/codegen'
import { sizeOf, SnnError, type Tensor, type TypedArray } from '@snn/tensor'
import { isPrimitive, type Graph, type Node } from '@snn/tensor/backend'
import type { KernelTarget, Target } from '../target.js'
import { columnsOf, isByColumns, weightGradientsLast, type Columns } from './columns.js'
import { findImageNodes, inputsOf, type ImageNode } from './image-operations.js'
import type { FusedScan, Role } from './role.js'
import { spacesOf } from './spaces.js'
import { viewsOf, type Views } from './views.js'

export interface ClassifyOptions extends Pick<Target, 'name' | 'isLibrary' | 'kernels'> {
  readonly isBaked: (read: Tensor) => boolean
  /** What a parameter for a static tensor stands for, and any other tensor itself. */
  readonly outer: (tensor: Tensor) => Tensor
  /** The value of a constant, or of what is one outside or between runs. */
  readonly valueOf: (tensor: Tensor) => TypedArray | undefined
  /** Which parameters stand for static tensors from outside. */
  readonly outerStatic: (parameter: Tensor) => boolean
  /** Whether more than leaves are static. */
  readonly fold: boolean
}

/**
 * The nodes of one level of a program in the order in which they are placed, with the role of each: every question is
 * asked once.
 */
export interface Classification extends Views {
  readonly roles: ReadonlyMap<Node, Role>
  /** Tensors that do not change between runs. */
  readonly isStatic: (tensor: Tensor) => boolean
}

/** @param nodes those of the graph, inputs first */
export function classify(graph: Graph, nodes: readonly Node[], options: ClassifyOptions): Classification {
  const { kernels, isLibrary } = options
  const views = viewsOf(graph)
  const { isBound, base, mapped } = views
  const parameters = new Set(graph.parameters)
  const statics = new Set(graph.parameters.filter(options.outerStatic))
  const uses = countUses(nodes, graph.results)
  const columns = new Map<Node, Columns>()
  if (kernels)
    for (const node of nodes) {
      const found = columnsOf(node, isBound)
      if (found) columns.set(node, found)
    }
  const poolsOf = kernels ? poolsOfScans(nodes, base, kernels.largestPlane) : new Map<Node, FusedPlanes[]>()
  const pooled = new Map<Node, Node>()
  const candidates = kernels?.images
    ? findImageNodes(nodes, graph.results, {
        ...kernels.images,
        isBound,
        outer: options.outer,
        valueOf: options.valueOf,
      })
    : new Map<Node, ImageNode>()
  const candidateOf = new Map<Node, ImageNode>(
    [...candidates].flatMap(([root, found]) => [
      [root, found],
      [found.node, found],
    ]),
  )
  const lateCasts = kernels
    ? castsFor((node) => isPrimitive(node, 'matmul') && !candidateOf.has(node), nodes, graph.results)
    : new Set<Node>()

  const roleOf = (node: Node): Role => {
    if (isPrimitive(node, 'read')) return options.isBaked(node.outputs[0]!) ? { kind: 'static' } : { kind: 'read' }
    if (
      isLibrary(node.primitive) &&
      (node.inputs.length === 0 || (options.fold && node.inputs.every((input) => statics.has(input))))
    )
      return { kind: 'static' }
    if (isPrimitive(node, 'reshape')) return { kind: 'view' }
    if (lateCasts.has(node)) return { kind: 'lateCast' }
    if (isPrimitive(node, 'scan'))
      return (kernels && fuseWithPools(node, poolsOf.get(node) ?? [], isBound)) ?? { kind: 'loop' }
    const scan = pooled.get(node)
    if (scan) return { kind: 'pooled', scan }
    const nest = kernels?.isNest(node) ? fuseNest(node) : undefined
    if (nest) return { kind: 'nest', fused: nest }
    if (isPrimitive(node, 'random')) return { kind: 'random' }
    if (!kernels) return libraryRole(node)
    const planes = fusePlanes(node)
    if (planes) return { kind: 'planes', fused: planes }
    if (columns.has(node)) return { kind: 'columns', columns: columns.get(node)! }
    if (candidateOf.has(node) && isForImages(candidateOf.get(node)!))
      return candidates.has(node) ? { kind: 'images', found: candidates.get(node)! } : { kind: 'inner' }
    if (isScalar(node) && spacesOf(node, false, mapped).length <= 1 && !followsLinear(node))
      return { kind: 'elementwise' }
    return isKernelSum(node, mapped, kernels.largestSum) ? { kind: 'sum' } : libraryRole(node)
  }
  const libraryRole = (node: Node): Role => {
    if (isLibrary(node.primitive)) return { kind: 'library' }
    const { primitive, place } = node
    throw new SnnError(
      'UNSUPPORTED',
      `[${primitive}] at ${place} has no kernel, and the library of the ${options.name} backend does not compute it, expected one of both. Use another backend.`,
      { primitive, backend: options.name },
    )
  }
  /** Weights that are made of known ones become constants in a library call, which folds them. */
  const isForImages = (found: ImageNode): boolean =>
    !inputsOf(found)
      .slice(1)
      .some((value) => statics.has(value))
  /** A bias behind a linear operation of the library, which adds it in the same pass. */
  const followsLinear = (node: Node): boolean =>
    isPrimitive(node, 'add') &&
    node.inputs.some(
      (input, i) =>
        ['conv', 'matmul'].includes(input.node.primitive) &&
        !parameters.has(input) &&
        uses.get(input) === 1 &&
        sizeOf(views.source(node.inputs[1 - i]!).shape) < sizeOf(input.shape),
    )

  const roles = new Map<Node, Role>()
  for (const node of weightGradientsLast(nodes, columns)) {
    const role = roleOf(node)
    roles.set(node, role)
    if (role.kind === 'static') for (const output of node.outputs) statics.add(output)
    if (role.kind === 'fusedScan') for (const { output } of role.pools) pooled.set(output.node, node)
  }
  return { ...views, roles, isStatic: (tensor) => statics.has(tensor) }
}

/** The scan as one kernel, with its poolings if they can be made inside. */
function fuseWithPools(
  node: Node<'scan'>,
  pools: readonly FusedPlanes[],
  isBound: Views['isBound'],
): FusedScan | undefined {
  const fused = fuseScan(node, { isBound, pools })
  if (fused)
    return {
      kind: 'fusedScan',
      fused,
      reads: fused.tensors.filter((_, i) => fused.kernel.operands[i]!.role === 'input'),
      pools,
    }
  return pools.length > 0 ? fuseWithPools(node, [], isBound) : undefined
}

/** For each scan, the poolings of what it stacks. */
function poolsOfScans(nodes: readonly Node[], base: Views['base'], largestPlane: number): Map<Node, FusedPlanes[]> {
  const pools = new Map<Node, FusedPlanes[]>()
  for (const node of nodes) {
    if (node.inputs.length !== 1) continue
    const source = base(node.inputs[0]!)
    if (!isPrimitive(source.node, 'scan') || source.node.outputs.indexOf(source) < source.node.attributes.carries)
      continue
    const fused = fusePlanes(node)
    if (!fused || fused.kernel.plane[0] * fused.kernel.plane[1] > largestPlane) continue
    pools.set(source.node, [...(pools.get(source.node) ?? []), fused])
  }
  return pools
}

/** The casts from bytes that nothing reads but `isReader`. */
function castsFor(
  isReader: (node: Node) => boolean,
  nodes: readonly Node[],
  results: readonly Tensor[],
): ReadonlySet<Node> {
  const found = new Set(
    nodes.filter(
      (node) => isPrimitive(node, 'cast') && node.inputs[0]!.dtype === 'uint8' && node.outputs[0]!.dtype === 'float32',
    ),
  )
  if (found.size === 0) return found
  const others = nodes.filter((node) => !isReader(node)).flatMap(({ inputs }) => inputs)
  for (const { node } of [...others, ...results]) found.delete(node)
  return found
}

function countUses(nodes: readonly Node[], results: readonly Tensor[]): Map<Tensor, number> {
  const uses = new Map<Tensor, number>()
  const count = (tensor: Tensor): unknown => uses.set(tensor, (uses.get(tensor) ?? 0) + 1)
  for (const { inputs } of nodes) inputs.forEach(count)
  results.forEach(count)
  return uses
}

function isKernelSum(node: Node, mapped: Views['mapped'], largestSum: number): boolean {
  if (!isPrimitive(node, 'reduceSum') || node.outputs[0]!.dtype !== 'float32') return false
  const mapping = sumMapping(node)
  return (
    mapping !== undefined &&
    mapping !== 'full' &&
    sizeOf(node.outputs[0]!.shape) <= largestSum &&
    spacesOf(node, true, mapped).length <= 1
  )
}

/** Whether bytes that are cast for this operand become floats only when it is read. */
export function readsBytes(node: Node, operand: number, { smallestCast }: KernelTarget): boolean {
  return (
    operand === 0 &&
    (isByColumns(node) || (isPrimitive(node, 'matmul') && sizeOf(node.inputs[0]!.shape) >= smallestCast))
  )
}
