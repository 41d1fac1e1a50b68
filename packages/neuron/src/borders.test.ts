import { placeholder } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import { defineNeuron, lif } from './index.js'

const cell = lif() as unknown as { step(...args: readonly unknown[]): unknown }

describe('a cell, called as JavaScript may', () => {
  it.each<[string, () => unknown, RegExp]>([
    ['a number for a tensor', () => cell.step(1.2, { v: 0 }), /^\[lif\] x is the number 1\.2, expected a Tensor/],
    ['an array', () => cell.step([1, 2], {}), /x is an array of 2/],
    [
      'no state',
      () => cell.step(placeholder([2])),
      /state is undefined, expected the state of the step before, or initialState/,
    ],
    ['a state of numbers', () => cell.step(placeholder([2]), { v: 1 }), /state 'v' has nothing/],
    ['null for options', () => (lif as (options: unknown) => unknown)(null), /options is null/],
    [
      'a model without charge',
      () =>
        (defineNeuron as unknown as (...args: readonly unknown[]) => unknown)('mine', {
          parameters: {},
          state: { v: 0 },
        }),
      /spec is an object with parameters, state, expected a model/,
    ],
  ])('%s', (_, work, message) => {
    expect(work).toThrow(
      expect.objectContaining({ name: 'SnnError', message: expect.stringMatching(message) as string }),
    )
  })
})
