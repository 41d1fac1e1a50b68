import { defineLayer } from '../layer.js'

/**
 * The array `value`, the same for every sample: `parameterLayer`, written without the number of samples, as a sum with
 * zeros that the input gives.
 */
export const sampleParameterLayer = defineLayer<object, 'sampleParameter'>(
  'sampleParameter',
  ([x], _, variables, { lead }) => {
    const value = variables['value']!.read()
    const first = x.flatten(lead).slice(lead, 0, 1)
    // not 0 x, which is not zero for all x
    const zero = first
      .gt(first)
      .cast(x.dtype)
      .reshape([...first.shape.slice(0, lead), ...value.shape.map(() => 1)])
    return zero.add(value)
  },
)
