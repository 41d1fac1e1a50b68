import { iota, take } from '@snn/tensor'
import { checkSequence } from '../axes.js'
import { defineLayer } from '../layer.js'

/** The steps from the last to the first: y[t] = x[T - 1 - t]. Needs all steps at once. */
export const reverseTimeLayer = defineLayer<object, 'reverseTime'>('reverseTime', ([x], _, __, context) => {
  checkSequence('reverseTime', context)
  const T = x.shape[0]!
  return take(
    x,
    iota([T], 0)
      .neg()
      .add(T - 1),
    0,
  )
})
