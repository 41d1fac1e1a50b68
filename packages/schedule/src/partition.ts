import { fuseColumns, fusePlanes, fuseScan, isScalar, lookThrough, sumMapping, type FusedPlanes, type Space } from '@snn/codegen'
import { isPrimitive, sizeOf, topological, type Graph, type Node, type Tensor, type TypedArray } from '@snn/tensor'
import type { KernelTarget, Target } from './target.js'
import { findImageNodes, inputsOf, type ImageNode } from './image-operations.js'

/** Elementwise operations on equally many elements, and sums of their results, that one kernel computes. */
export interface KernelGroup {
  readonly size: number
  readonly nodes: Set<Node>
  readonly sums: Node<'reduceSum'>[]
  space: Space | undefined
}

/** What runs at one point: first the library operations together, then kernels, then scans, pooling and random numbers in order. */
export interface Stage {
  readonly library: Set<Node>
  readonly kernels: KernelGroup[]
  readonly control: Node[]
}

export interface Partition {
  readonly stages: readonly Stage[]
  /** Tensors that do not change between runs: every library group that needs one has it made inside, as a folded constant. */
  readonly isStatic: (tensor: Tensor) => boolean
  /** Whether a kernel makes the tensor. */
  readonly isKernelMade: (tensor: Tensor) => boolean
  /** The tensor whose memory `tensor` is: a reshape is the same bytes as its input. */
  readonly base: (tensor: Tensor) => Tensor
  /** What kernels see of a tensor: they look through reshapes and broadcasts. */
  readonly source: (tensor: Tensor) => Tensor
  /** Whether `tensor` is given at this level, so that nothing behind it counts. */
  readonly isBound: (tensor: Tensor) => boolean
  /** The scans of this level that are one kernel. */
  readonly fusedScans: ReadonlyMap<Node, FusedScan>
  /** The operations of this level that treat each image by itself. */
  readonly imageNodes: ReadonlyMap<Node, ImageNode>
  /** Bytes as floats for a product of matrices: a kernel makes them right before it, so that they take no memory until then. */
  readonly lateCasts: ReadonlySet<Node>
}

export interface FusedScan {
  readonly reads: readonly Tensor[]
  /** Poolings of its outputs that are made in the same kernel. */
  readonly pools: readonly FusedPlanes[]
}

export interface PartitionOptions {
  readonly isBaked: (read: Tensor) => boolean
  /** What a parameter for a static tensor stands for, and any other tensor itself. */
  readonly outer: (tensor: Tensor) => Tensor
  /** The value of a constant, or of what is one outside or between runs. */
  readonly valueOf: (tensor: Tensor) => TypedArray | undefined
  /** Which parameters stand for static tensors from outside. */
  readonly outerStatic: (parameter: Tensor) => boolean
  /** Whether more than leaves are static. */
  readonly fold: boolean
  /** Whether a library computes the primitive. */
  readonly isLibrary: Target['isLibrary']
  /** How kernels are used; undefined: not at all. */
  readonly kernels: KernelTarget | undefined
}

/** Within a stage: library operations come first, then kernels, then control. */
const rank = { library: 0, kernel: 1, control: 2 } as const
const ranks = 3

/**
 * Splits one level of a program (all of it, or the body of a scan) into stages of maximal groups: a node runs where its last input
 * becomes available, library operations in one session, elementwise operations in kernels, elementwise scans as kernels of their own.
 */
export function partition(graph: Graph, options: PartitionOptions): Partition {
  const parameters = new Set(graph.parameters)
  const statics = new Set(graph.parameters.filter(options.outerStatic))
  const isBound = (tensor: Tensor): boolean => parameters.has(tensor) || tensor.node.primitive === 'read'
  const source = (tensor: Tensor): Tensor => lookThrough(tensor, 'full', isBound).source
  const base = (tensor: Tensor): Tensor => {
    let at = tensor
    while (at.node.primitive === 'reshape' && !parameters.has(at)) at = at.node.inputs[0]!
    return at
  }
  const nodes = [...weightGradientsLast(topological(graph))]
  const uses = countUses(nodes, graph.results)
  const fusedScans = new Map<Node, FusedScan>()
  const { kernels } = options
  const poolsOf = kernels ? poolsOfScans(nodes, base, kernels.largestPlane) : new Map<Node, FusedPlanes[]>()
  const pooled = new Map<Node, Node>()
  const candidates = kernels?.images ? findImageNodes(nodes, graph.results, { ...kernels.images, isBound, outer: options.outer, valueOf: options.valueOf }) : new Map<Node, ImageNode>()
  const candidateOf = new Map<Node, ImageNode>([...candidates].flatMap(([root, found]) => [[root, found], [found.node, found]]))
  const imageNodes = new Map<Node, ImageNode>()
  const castsForProducts = kernels ? castsFor((node) => isPrimitive(node, 'matmul') && !candidateOf.has(node), nodes, graph.results) : new Set<Node>()
  const lateCasts = new Set<Node>()
  const kernelMade = new Set<Tensor>()
  const available = new Map<Tensor, number>()
  const stages: Stage[] = []
  const stage = (index: number): Stage => {
    while (stages.length <= index) stages.push({ library: new Set(), kernels: [], control: [] })
    return stages[index]!
  }
  const groupOf = new Map<Node, KernelGroup>()

  /** The first time of this rank that is not before any of the inputs is there. */
  const timeOf = (inputs: readonly Tensor[], of: number): number => {
    const ready = Math.max(0, ...inputs.map((input) => available.get(input) ?? 0))
    return ready + ((of - (ready % ranks) + ranks) % ranks)
  }
  const place = (node: Node, time: number): void => {
    for (const output of node.outputs) available.set(output, time)
  }

  const placeInKernel = (node: Node, sum: boolean): void => {
    const sources = node.inputs.map(source)
    for (const input of sources) needStatic(input)
    const time = timeOf(sources, rank.kernel)
    const { kernels: groups } = stage(Math.floor(time / ranks))
    const size = sizeOf(sum ? node.inputs[0]!.shape : node.outputs[0]!.shape)
    const spaces = spacesOf(node, sum, isBound)
    const first = Math.max(0, ...sources.map((input) => {
      const group = groupOf.get(input.node)
      const at = group ? groups.indexOf(group) : -1
      return at < 0 ? 0 : group!.size === size ? at : at + 1
    }))
    let group = groups.slice(first).find((candidate) => candidate.size === size && candidate.nodes.size < options.kernels!.largestGroup && spaces.every((space) => fits(candidate.space, space)))
    if (!group) {
      group = { size, nodes: new Set(), sums: [], space: undefined }
      groups.push(group)
    }
    group.space ??= spaces[0]
    if (sum) group.sums.push(node as Node<'reduceSum'>)
    else {
      group.nodes.add(node)
      groupOf.set(node, group)
    }
    for (const output of node.outputs) kernelMade.add(output)
    // what is summed up is there when the whole kernel has run
    place(node, sum ? time + 1 : time)
  }

  /** Elementwise values of static ones are computed by kernels too where kernels read them. */
  const needStatic = (tensor: Tensor): void => {
    const { node } = tensor
    if (!statics.has(tensor) || isBound(tensor) || kernelMade.has(tensor) || !isKernelNode(node)) return
    placeInKernel(node, false)
  }
  const isKernelNode = (node: Node): boolean => isScalar(node) && spacesOf(node, false, isBound).length <= 1
  const followsLinear = (node: Node): boolean =>
    isPrimitive(node, 'add') &&
    node.inputs.some((input, i) => ['conv', 'matmul'].includes(input.node.primitive) && !parameters.has(input) && uses.get(input) === 1 && sizeOf(source(node.inputs[1 - i]!).shape) < sizeOf(input.shape))

  for (const node of nodes) {
    const isControl = !options.isLibrary(node.primitive)
    if (isPrimitive(node, 'read')) {
      if (options.isBaked(node.outputs[0]!)) statics.add(node.outputs[0]!)
    } else if (isStaticNode(node, isControl)) {
      for (const output of node.outputs) statics.add(output)
    } else if (isPrimitive(node, 'reshape') || castsForProducts.has(node)) {
      place(node, available.get(node.inputs[0]!) ?? 0)
      if (castsForProducts.has(node)) lateCasts.add(node)
    } else if (kernels && isPrimitive(node, 'scan')) {
      const fused = fuseWithPools(node, poolsOf.get(node) ?? [])
      if (fused) {
        fusedScans.set(node, fused)
        for (const tensor of fused.reads) needStatic(tensor)
        for (const output of node.outputs) kernelMade.add(output)
        for (const { output } of fused.pools) {
          kernelMade.add(output)
          pooled.set(output.node, node)
        }
      }
      placeControl(node, fused?.reads ?? node.inputs)
    } else if (pooled.has(node)) place(node, available.get(pooled.get(node)!.outputs[0]!)!)
    else if (isControl) placeControl(node, node.inputs)
    else if (kernels && (fusePlanes(node) || isByColumns(node))) {
      kernelMade.add(node.outputs[0]!)
      placeControl(node, node.inputs)
    }
    else if (candidateOf.has(node) && isForImages(candidateOf.get(node)!)) {
      const found = candidates.get(node)
      if (!found) continue
      imageNodes.set(node, found)
      kernelMade.add(node.outputs[0]!)
      placeControl(node, inputsOf(found))
    }
    else if (kernels && isKernelNode(node) && !followsLinear(node)) placeInKernel(node, false)
    else if (kernels && isKernelSum(node, isBound, kernels.largestSum)) placeInKernel(node, true)
    else {
      const time = timeOf(node.inputs.map(source), rank.library)
      stage(time / ranks).library.add(node)
      place(node, time)
    }
  }

  /** The scan as one kernel, with its poolings if they can be made inside. */
  function fuseWithPools(node: Node<'scan'>, pools: readonly FusedPlanes[]): FusedScan | undefined {
    const fused = fuseScan(node, { isBound, pools })
    if (fused) return { reads: fused.tensors.filter((_, i) => fused.kernel.operands[i]!.role === 'input'), pools }
    return pools.length > 0 ? fuseWithPools(node, []) : undefined
  }

  /** Weights that are made of known ones become constants in a group of the library, which folds them. */
  function isForImages(found: ImageNode): boolean {
    return !inputsOf(found).slice(1).some((value) => statics.has(value))
  }

  function placeControl(node: Node, inputs: readonly Tensor[]): void {
    const time = timeOf(inputs, rank.control)
    stage(Math.floor(time / ranks)).control.push(node)
    place(node, time)
  }

  function isStaticNode(node: Node, isControl: boolean): boolean {
    if (node.inputs.length === 0) return !isControl
    return options.fold && !isControl && node.inputs.every((input) => statics.has(input))
  }

  return { stages, isStatic: (tensor) => statics.has(tensor), isKernelMade: (tensor) => kernelMade.has(tensor), base, source, isBound, fusedScans, imageNodes, lateCasts }
}

/** Whether the weight gradient of a convolution is the product of its windows, written out, and the gradient of its result. */
export function isByColumns(node: Node): node is Node<'convWeightGradient'> {
  return isPrimitive(node, 'convWeightGradient') && node.attributes.groups === 1 && fuseColumns(node, node.inputs[0]!) !== undefined
}

/**
 * In an order in which such weight gradients come behind all that needs none of them, those with the most windows last: written out, these
 * take much memory, when others have freed what they can.
 */
function weightGradientsLast(nodes: readonly Node[]): Iterable<Node> {
  const windows = (node: Node<'convWeightGradient'>): number => {
    const { planes, kernel } = fuseColumns(node, node.inputs[0]!)!
    return [...kernel.kernel, ...kernel.windows].reduce((a, b) => a * b, planes)
  }
  const late = new Set<Node>()
  for (const node of nodes) if (isByColumns(node) || node.inputs.some((input) => late.has(input.node))) late.add(node)
  const ordered = new Set(nodes.filter((node) => !late.has(node)))
  const add = (node: Node): void => {
    if (!late.delete(node)) return
    for (const input of node.inputs) add(input.node)
    ordered.add(node)
  }
  for (const node of [...nodes.filter(isByColumns).sort((a, b) => windows(a) - windows(b)), ...late]) add(node)
  return ordered
}

/** Whether bytes that are cast for this operand become floats only when it is read. */
export function readsBytes(node: Node, operand: number, { smallestCast }: KernelTarget): boolean {
  return operand === 0 && (isByColumns(node) || (isPrimitive(node, 'matmul') && sizeOf(node.inputs[0]!.shape) >= smallestCast))
}

/** The casts from bytes that nothing reads but `isReader`. */
function castsFor(isReader: (node: Node) => boolean, nodes: readonly Node[], results: readonly Tensor[]): ReadonlySet<Node> {
  const found = new Set(nodes.filter((node) => isPrimitive(node, 'cast') && node.inputs[0]!.dtype === 'uint8' && node.outputs[0]!.dtype === 'float32'))
  const others = nodes.filter((node) => !isReader(node)).flatMap(({ inputs }) => inputs)
  for (const { node } of [...others, ...results]) found.delete(node)
  return found
}

/** What the windows are written out from, and the gradient of the result. */
export function columnsInputs(node: Node<'convWeightGradient'>, isBound: (tensor: Tensor) => boolean): readonly Tensor[] {
  const [x, dy] = node.inputs as readonly [Tensor, Tensor]
  return [...fuseColumns(node, x, isBound)!.inputs, dy]
}

/** For each scan, the poolings of what it stacks. */
function poolsOfScans(nodes: readonly Node[], base: (tensor: Tensor) => Tensor, largestPlane: number): Map<Node, FusedPlanes[]> {
  const pools = new Map<Node, FusedPlanes[]>()
  for (const node of nodes) {
    if (node.inputs.length !== 1) continue
    const source = base(node.inputs[0]!)
    if (!isPrimitive(source.node, 'scan') || source.node.outputs.indexOf(source) < source.node.attributes.carries) continue
    const fused = fusePlanes(node)
    if (!fused || fused.kernel.plane[0] * fused.kernel.plane[1] > largestPlane) continue
    pools.set(source.node, [...(pools.get(source.node) ?? []), fused])
  }
  return pools
}

function countUses(nodes: readonly Node[], results: readonly Tensor[]): Map<Tensor, number> {
  const uses = new Map<Tensor, number>()
  for (const tensor of [...nodes.flatMap(({ inputs }) => inputs), ...results]) uses.set(tensor, (uses.get(tensor) ?? 0) + 1)
  return uses
}

/** The different spaces in which a node's operands vary along one place only. */
function spacesOf(node: Node, sum: boolean, isBound: (tensor: Tensor) => boolean): Space[] {
  const mappings = [...node.inputs.map((input) => lookThrough(input, 'full', isBound).mapping), ...(sum ? [sumMapping(node as Node<'reduceSum'>)] : [])]
  const spaces = mappings.filter((mapping): mapping is Space => typeof mapping === 'object')
  return spaces.filter((space, i) => spaces.findIndex((other) => fits(other, space)) === i)
}

function fits(a: Space | undefined, b: Space): boolean {
  return a === undefined || (a.outer === b.outer && a.count === b.count && a.inner === b.inner)
}

function isKernelSum(node: Node, isBound: (tensor: Tensor) => boolean, largestSum: number): boolean {
  if (!isPrimitive(node, 'reduceSum') || node.outputs[0]!.dtype !== 'float32') return false
  const mapping = sumMapping(node)
  return mapping !== undefined && mapping !== 'full' && sizeOf(node.outputs[0]!.shape) <= largestSum && spacesOf(node, true, isBound).length <= 1
}
