import { learnable, lif } from '@snn/neuron'
import { describe, expect, it } from 'vitest'
import { builtInNeurons } from './find-neurons.js'
import { neuronKernels } from './kernels.js'

describe('neuronKernels', () => {
  it.each(builtInNeurons.map(({ name, model }) => [name, model] as const))('%s has one kernel each way', (_, model) => {
    const { forward, backward, others } = neuronKernels(model())
    expect(others).toEqual([])
    expect(forward!.reads).toContain('x[t]')
    expect(forward!.writes).toContain('y[t]')
    expect(backward!.writes.length).toBeGreaterThan(0)
  })

  it.each(['layer', 'channel', 'neuron'] as const)(
    'a parameter learned per %s has its gradient in the kernel',
    (per) => {
      expect(neuronKernels(lif({ tau: learnable(3, { per }) })).backward!.writes).toEqual(['∂x[t]', 'Σ ∂tau', '∂v[0]'])
    },
  )
})
