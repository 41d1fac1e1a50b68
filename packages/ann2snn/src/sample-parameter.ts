import type { StatelessLayer, Variables } from '@snn/nn'

/**
 * The array `value`, the same for every sample: `parameterLayer` of @snn/nn, written without the number of samples, as a sum with
 * zeros that the input gives.
 */
export function sampleParameter(variables: Variables): StatelessLayer {
  return {
    contract: 1,
    kind: 'sampleParameter',
    config: {},
    variables,
    apply([x], { lead }) {
      const value = variables['value']!.read()
      const first = x!.flatten(lead).slice(lead, 0, 1)
      // not 0 x, which is not zero for all x
      const zero = first.gt(first).cast(x!.dtype).reshape([...first.shape.slice(0, lead), ...value.shape.map(() => 1)])
      return zero.add(value)
    },
  }
}
