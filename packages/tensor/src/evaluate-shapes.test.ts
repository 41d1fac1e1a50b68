import { expect, it } from 'vitest'
import { placeholder, variable } from './index.js'
import { evaluateShapes } from './for-libraries.js'

it('evaluateShapes gives dtypes and shapes, and leaves Variables alone', async () => {
  const weight = variable({ data: new Float32Array(6).fill(2), shape: [2, 3] }, { name: 'weight' })
  const shapes = evaluateShapes(() => {
    const y = placeholder([5, 2]).matmul(weight.read())
    weight.assign(weight.read().mul(2))
    return { y, rows: [y.argmax(), y.gt(0)] as const }
  })
  expect(shapes).toEqual({
    y: { dtype: 'float32', shape: [5, 3] },
    rows: [
      { dtype: 'int32', shape: [5] },
      { dtype: 'bool', shape: [5, 3] },
    ],
  })
  expect(await weight.data()).toEqual(new Float32Array(6).fill(2))
  expect(() => weight.read()).toThrow('outside of a compiled function')
})
