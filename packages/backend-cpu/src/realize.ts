import { fuseDepthwise, packEventWeights } from '@snn/codegen'
import { lowerGraph } from '@snn/onnx'
import type { ImagesTask, LibraryTask, Place, Task } from '@snn/schedule'
import type { Tensor, TensorLike, TypedArray } from '@snn/tensor'
import { isPrimitive } from '@snn/tensor/backend'
import { locate, type Location } from './frame.js'
import { imageModel } from './image-model.js'
import { CopyInstruction } from './instruction/copy.js'
import { EventConvInstruction } from './instruction/event-conv.js'
import { ImagesInstruction, type ImageOperation } from './instruction/images.js'
import type { Instruction } from './instruction/instruction.js'
import { KernelInstruction } from './instruction/kernel.js'
import { LibraryInstruction, type Binding } from './instruction/library.js'
import { LoopInstruction } from './instruction/loop.js'
import { depthwiseParts, nestParts, PartsInstruction, planeParts } from './instruction/parts.js'
import { PlainRandomInstruction, RandomInstruction } from './instruction/random.js'
import type { Workshop } from './kernels/workshop.js'
import { measuredDensity } from './machine.js'
import type { SessionCache } from './session-cache.js'

export interface RealizeContext {
  readonly sessions: SessionCache
  /** undefined: no kernels. */
  readonly workshop: Workshop | undefined
  /** Up to which share of values that are not zero a convolution is event-driven; undefined: as measured. */
  readonly eventDensity: number | undefined
  readonly check: boolean
  /** Values that are constants of the sessions. */
  readonly baked: ReadonlyMap<Tensor, TensorLike>
  /** A place in the memory for a constant that is made here. */
  readonly constant: (data: TypedArray) => Place
}

/** A task as an instruction of this backend. */
export function realize(task: Task, context: RealizeContext): Instruction {
  const { workshop } = context
  switch (task.kind) {
    case 'library':
      return libraryCall(task, context)
    case 'images':
      return imageOperation(task, context)
    case 'kernel':
      return new KernelInstruction(task.fused, task.places.map(locate), workshop!)
    case 'planes':
      return new PartsInstruction(planeParts(task.fused), [...task.inputs, task.output].map(locate), workshop!)
    case 'nest':
      return new PartsInstruction(nestParts(task.fused), [...task.inputs, task.output].map(locate), workshop!)
    case 'random': {
      const [offset, to] = [locate(task.offset), locate(task.output)]
      return workshop
        ? new RandomInstruction(offset, to, task.length, task.key, workshop)
        : new PlainRandomInstruction(offset, to, task.length, task.key)
    }
    case 'loop':
      return new LoopInstruction(
        task.loop,
        task.length,
        task.reverse,
        task.body.map((inner) => realize(inner, context)),
        locate(task.index),
      )
    case 'copy':
      return new CopyInstruction(locate(task.from), locate(task.to), task.bytes)
  }
}

function libraryCall(
  { graph, substitutions, inputs, outputs }: LibraryTask,
  { sessions, check, baked }: RealizeContext,
): Instruction {
  const model = lowerGraph(graph, { constants: baked, substitutions })
  const binding = (name: string, { dtype, shape, node }: Tensor, place: Place): Binding => ({
    name,
    dtype,
    shape,
    location: locate(place),
    node,
  })
  const given = graph.parameters.map((tensor, i) => binding(model.inputs[i]!.name, tensor, inputs[i]!))
  const made = graph.results.map((tensor, i) => binding(model.outputs[i]!.name, tensor, outputs[i]!))
  return new LibraryInstruction(model, given, made, sessions, check)
}

/**
 * A depthwise convolution is a kernel; where zeros can be skipped, the operation looks at its input; all others are
 * computed by ONNX Runtime.
 */
function imageOperation(
  { found, inputs, output }: ImagesTask,
  { workshop, sessions, eventDensity, constant }: RealizeContext,
): Instruction {
  const depthwise = isPrimitive(found.node, 'conv') ? fuseDepthwise(found.node) : undefined
  if (depthwise) {
    const [x, ...given] = inputs
    const { weights, biases = new Float32Array(depthwise.kernel.channels) } = found
    const places = [weights, biases].map((values) => ('node' in values ? given.shift()! : constant(values)))
    return new PartsInstruction(depthwiseParts(depthwise), [x!, ...places, output].map(locate), workshop!)
  }
  const operation: ImageOperation = { ...imageModel(found), inputs: inputs.map(locate), output: locate(output) }
  const { kernel, weights, biases } = found
  const density = kernel ? (eventDensity ?? measuredDensity(kernel, workshop!.form === 'native')) : 0
  if (density === 0) return new ImagesInstruction(operation, workshop!, sessions)
  const packed: Location = locate(
    constant(packEventWeights(kernel!, weights as TypedArray, biases as TypedArray | undefined)),
  )
  return new EventConvInstruction(operation, { kernel: kernel!, weights: packed, density }, workshop!, sessions)
}
