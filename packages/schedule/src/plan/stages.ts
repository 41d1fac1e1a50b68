import { isScalar, type Space } from '@snn/codegen'
import { sizeOf, type Tensor } from '@snn/tensor'
import type { Node } from '@snn/tensor/backend'
import type { Classification } from '../classify/classify.js'
import { inputsOf } from '../classify/image-operations.js'
import type { Control } from '../classify/role.js'
import { fits, spacesOf } from '../classify/spaces.js'

/** Elementwise operations on equally many elements, and sums of their results, that one kernel computes. */
export interface KernelGroup {
  readonly size: number
  readonly nodes: Set<Node>
  readonly sums: Node<'reduceSum'>[]
  space: Space | undefined
}

/** A node that runs by itself. */
export interface ControlNode {
  readonly node: Node
  readonly role: Control
}

/**
 * What runs at one point: first the library operations together, then kernels, then scans, pooling and random numbers
 * in order.
 */
export interface Stage {
  readonly library: Set<Node>
  readonly kernels: KernelGroup[]
  readonly control: ControlNode[]
}

export interface Stages {
  readonly stages: readonly Stage[]
  /** Whether a kernel makes the tensor. */
  readonly isKernelMade: (tensor: Tensor) => boolean
}

/** Within a stage: library operations come first, then kernels, then control. */
const rank = { library: 0, kernel: 1, control: 2 } as const
const ranks = 3

/**
 * Splits one level of a program (all of it, or the body of a scan) into stages of maximal groups: a node runs where its
 * last input becomes available, library operations in one call, elementwise operations in kernels, elementwise scans as
 * kernels of their own.
 */
export function arrange({ roles, isBound, isStatic, mapped, source }: Classification, largestGroup = Infinity): Stages {
  const kernelMade = new Set<Tensor>()
  const available = new Map<Tensor, number>()
  const groupOf = new Map<Node, KernelGroup>()
  const stages: Stage[] = []
  const stageAt = (time: number): Stage => {
    const index = Math.floor(time / ranks)
    while (stages.length <= index) stages.push({ library: new Set(), kernels: [], control: [] })
    return stages[index]!
  }

  /** The first time of this rank that is not before any of the inputs is there. */
  const timeOf = (inputs: readonly Tensor[], of: number): number => {
    const ready = inputs.reduce((latest, input) => Math.max(latest, available.get(input) ?? 0), 0)
    return ready + ((of - (ready % ranks) + ranks) % ranks)
  }
  const place = (node: Node, time: number): void => {
    for (const output of node.outputs) available.set(output, time)
  }

  const placeInLibrary = (node: Node): void => {
    const time = timeOf(node.inputs.map(source), rank.library)
    stageAt(time).library.add(node)
    place(node, time)
  }

  const placeInKernel = (node: Node, isSum: boolean): void => {
    const sources = node.inputs.map(source)
    for (const input of sources) needStatic(input)
    const time = timeOf(sources, rank.kernel)
    const { kernels } = stageAt(time)
    const size = sizeOf(isSum ? node.inputs[0]!.shape : node.outputs[0]!.shape)
    const spaces = spacesOf(node, isSum, mapped)
    const first = Math.max(
      0,
      ...sources.map((input) => {
        const group = groupOf.get(input.node)
        const at = group ? kernels.indexOf(group) : -1
        return at < 0 ? 0 : group!.size === size ? at : at + 1
      }),
    )
    let group = kernels
      .slice(first)
      .find(
        (candidate) =>
          candidate.size === size &&
          candidate.nodes.size < largestGroup &&
          spaces.every((space) => fits(candidate.space, space)),
      )
    if (!group) {
      group = { size, nodes: new Set(), sums: [], space: undefined }
      kernels.push(group)
    }
    group.space ??= spaces[0]
    if (isSum) group.sums.push(node as Node<'reduceSum'>)
    else {
      group.nodes.add(node)
      groupOf.set(node, group)
    }
    for (const output of node.outputs) kernelMade.add(output)
    // what is summed up is there when the whole kernel has run
    place(node, isSum ? time + 1 : time)
  }

  /** Elementwise values of static ones are computed by kernels too where kernels read them. */
  const needStatic = (tensor: Tensor): void => {
    const { node } = tensor
    if (
      !isStatic(tensor) ||
      isBound(tensor) ||
      kernelMade.has(tensor) ||
      !isScalar(node) ||
      spacesOf(node, false, mapped).length > 1
    )
      return
    placeInKernel(node, false)
  }

  const placeControl = (node: Node, role: Control, inputs: readonly Tensor[]): void => {
    const time = timeOf(inputs, rank.control)
    stageAt(time).control.push({ node, role })
    place(node, time)
  }

  for (const [node, role] of roles) {
    switch (role.kind) {
      case 'read':
      case 'static':
      case 'inner':
        break
      case 'view':
      case 'lateCast':
        place(node, available.get(node.inputs[0]!) ?? 0)
        break
      case 'pooled':
        place(node, available.get(role.scan.outputs[0]!)!)
        break
      case 'fusedScan':
        for (const tensor of role.reads) needStatic(tensor)
        for (const output of [...node.outputs, ...role.pools.map((pool) => pool.output)]) kernelMade.add(output)
        placeControl(node, role, role.reads)
        break
      case 'loop':
      case 'random':
        placeControl(node, role, node.inputs)
        break
      case 'planes':
      case 'nest':
      case 'columns':
      case 'images':
        kernelMade.add(node.outputs[0]!)
        placeControl(node, role, role.kind === 'images' ? inputsOf(role.found) : node.inputs)
        break
      case 'elementwise':
      case 'sum':
        placeInKernel(node, role.kind === 'sum')
        break
      case 'library':
        placeInLibrary(node)
    }
  }
  return { stages, isKernelMade: (tensor) => kernelMade.has(tensor) }
}
