import { isSnnError, placeholder, SnnError, type Shape } from '@snn/tensor'
import { checkObject, evaluateShapes } from '@snn/tensor/library'
import { isStateful } from './layer.js'
import type { StepMode, Runnable } from './network-form.js'
import { checkNetwork } from './check.js'

/**
 * Shape of one sample at every input and node, from those of the inputs, without computing anything. Parameters that
 * get their size from the input come into being.
 *
 * @throws `SHAPE` when the shape of an input is neither known to the network nor given
 */
export function sampleShapes(net: Runnable, given: Readonly<Record<string, Shape>> = {}): Map<string, Shape> {
  checkNetwork('sampleShapes', net)
  checkObject('sampleShapes', given, 'given')
  return inspect(net, given).shapes
}

/**
 * The kind of the first layer that needs all steps at once, so that the network has a `forward` but no `step`;
 * undefined where there is none.
 *
 * @throws `SHAPE` as `sampleShapes`
 */
export function needsSequence(net: Runnable, given: Readonly<Record<string, Shape>> = {}): string | undefined {
  checkNetwork('needsSequence', net)
  checkObject('needsSequence', given, 'given')
  return inspect(net, given).layer
}

function inspect(
  net: Runnable,
  given: Readonly<Record<string, Shape>>,
): { readonly shapes: Map<string, Shape>; readonly layer?: string } {
  const known = net.inputs.map(({ name, shape }) => {
    const own = given[name] ?? shape
    if (own) return [name, own] as const
    throw new SnnError(
      'SHAPE',
      `[network] the shape of the input '${name}' is not known, expected that of one sample. Begin with sequential(input([..]), ..), or give it.`,
      { shapes: [] },
    )
  })
  const shapes = (mode: StepMode, front: Shape) => {
    const { recorded } = evaluateShapes(() =>
      net.run(mode, Object.fromEntries(known.map(([name, shape]) => [name, placeholder([...front, ...shape])])), {
        record: net.nodes.length > 0 ? ['*'] : [],
      }),
    )
    return new Map([
      ...known,
      ...net.nodes.map(({ name }) => [name, recorded[`${name}.output`]!.shape.slice(front.length)] as const),
    ])
  }
  try {
    return { shapes: shapes('step', [1]) }
  } catch (error) {
    if (!isSnnError(error, 'NEEDS_SEQUENCE')) throw error
    return { shapes: shapes('sequence', [stepsOf(net), 1]), layer: error.details.layer }
  }
}

/** The number of steps that a layer of the network needs; 1 where any will do. */
function stepsOf(net: Runnable): number {
  return Math.max(1, ...net.nodes.map(({ layer }) => (isStateful(layer) ? 1 : (layer.steps ?? 1))))
}
