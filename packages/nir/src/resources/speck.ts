import { checkArray, checkMembers } from '@snn/tensor/library'
import type { ChipProblem, ChipResources } from './chip-resources.js'

const Ki = 1024

/** Words of memory of the nine cores of Speck and DynapCNN. */
export const speckCores = {
  kernel: [16, 16, 16, 32, 32, 64, 64, 16, 16].map((n) => n * Ki),
  neuron: [64, 64, 64, 32, 32, 16, 16, 16, 16].map((n) => n * Ki),
  bias: 1024,
  /** Widest kernel. */
  window: 16,
  source:
    'https://github.com/synsense/sinabs/blob/05546a41748d603ae615683676447f3f884428bc/sinabs/backend/dynapcnn/chips/dynapcnn.py get_constraints',
} as const

/** A layer as a core of Speck holds it: a matrix is a convolution whose kernel is all of its input. */
export interface SpeckLayer {
  readonly layer: string
  /** [out, in, height, width]. */
  readonly kernel: readonly [out: number, into: number, height: number, width: number]
  /** [channels, height, width] of its neurons. */
  readonly neurons: readonly [channels: number, height: number, width: number]
  readonly biases: number
  /** Something that no core does. */
  readonly problem?: Omit<ChipProblem, 'layer'>
}

/**
 * Layers on the cores of Speck, each on one of its own. Memory is addressed in powers of two, so that a core needs
 *
 *   kernel  c 2^(ceil(log2(h w)) + ceil(log2 f)),  neuron  f 2^(ceil(log2 H) + ceil(log2 W)),
 *
 * f, c, h, w the sizes of the kernel, and H, W those of the neurons (sinabs, DynapcnnLayer.memory_summary). A place for
 * each is found wherever there is one: by augmenting paths.
 */
export function onSpeck(layers: readonly SpeckLayer[]): ChipResources {
  checkArray('onSpeck', layers, 'layers')
  for (const [i, layer] of layers.entries())
    checkMembers(
      'onSpeck',
      layer,
      `layers[${i}]`,
      ['layer', 'kernel', 'neurons', 'biases'],
      'a layer as a core holds it',
    )
  const problems: ChipProblem[] = []
  const holders = speckCores.kernel.map((): number | undefined => undefined)
  const fitting = layers.map((layer) => coresFor(layer))
  /** Finds a core for a layer, moving those that have one where that makes room. */
  const place = (i: number, tried: Set<number>): boolean =>
    fitting[i]!.some((core) => {
      if (tried.has(core)) return false
      tried.add(core)
      const holder = holders[core]
      if (holder !== undefined && !place(holder, tried)) return false
      holders[core] = i
      return true
    })
  for (const [i, own] of layers.entries()) {
    const {
      layer,
      kernel: [, , height, width],
      biases,
      problem,
    } = own
    const say = (what: string, fix: string): void => void problems.push({ layer, what, fix })
    if (problem) say(problem.what, problem.fix)
    if (height > speckCores.window || width > speckCores.window)
      say(
        `a kernel of ${height} x ${width}, and a core of Speck takes ${speckCores.window} x ${speckCores.window}`,
        'Use smaller kernels, or pool before a linear layer.',
      )
    if (biases > speckCores.bias)
      say(`${biases} biases, and a core of Speck holds ${speckCores.bias}`, 'Use fewer channels.')
    const needs = `${kernelWords(own)} words of kernels and ${neuronWords(own)} of neurons, which no core of Speck`
    if (fitting[i]!.length === 0)
      say(`${needs} holds together`, 'Use fewer channels, a larger stride, smaller kernels, or pooling before it.')
    else if (layers.length <= holders.length && !place(i, new Set()))
      say(`${needs} that is left holds`, 'Use fewer channels, a larger stride, or smaller kernels.')
  }
  if (layers.length > holders.length)
    problems.push({
      layer: layers[holders.length]!.layer,
      what: `${layers.length} layers with weights, and Speck has ${holders.length} cores`,
      fix: 'Use fewer layers.',
    })
  return {
    chip: 'Speck / DynapCNN',
    source: speckCores.source,
    estimate: false,
    fits: problems.length === 0,
    places: layers.map((_, i) => holders.indexOf(i)),
    problems,
  }
}

/** The least cores first, so that large ones stay free. */
function coresFor(layer: SpeckLayer): readonly number[] {
  const [kernel, neuron] = [kernelWords(layer), neuronWords(layer)]
  return [...speckCores.kernel.keys()]
    .filter((core) => kernel <= speckCores.kernel[core]! && neuron <= speckCores.neuron[core]!)
    .sort((a, b) => speckCores.kernel[a]! - speckCores.kernel[b]! || speckCores.neuron[a]! - speckCores.neuron[b]!)
}

const bitsFor = (n: number): number => Math.ceil(Math.log2(n))
const kernelWords = ({ kernel: [out, into, height, width] }: SpeckLayer): number =>
  into * 2 ** (bitsFor(height * width) + bitsFor(out))
const neuronWords = ({ neurons: [channels, height, width] }: SpeckLayer): number =>
  channels * 2 ** (bitsFor(height) + bitsFor(width))
