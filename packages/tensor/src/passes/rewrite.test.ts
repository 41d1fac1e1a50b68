import { expect, it } from 'vitest'
import { placeholder } from '../ops/leaf.js'
import { withPath } from '../trace.js'
import { commonSubexpressions } from './common-subexpressions.js'
import { rewrite } from './rewrite.js'

it('keeps path and place of the nodes it rebuilds', () => {
  const x = placeholder([2])
  const first = x.exp()
  const result = withPath('layer', () => x.exp().log())
  const { results } = commonSubexpressions({ parameters: [x], results: [first, result] })
  const rebuilt = results[1]!.node
  expect(rebuilt).not.toBe(result.node)
  expect(rebuilt.inputs[0]).toBe(first)
  expect(rebuilt.path).toBe('layer')
  expect(rebuilt.place).toBe(result.node.place)
  expect(rebuilt.place).toMatch(/rewrite\.test\.ts:10:/)
})

it('keeps them for replacements too', () => {
  const x = placeholder([2])
  const result = withPath('layer', () => x.exp())
  const { results } = rewrite({ parameters: [x], results: [result] }, (node, [input]) =>
    node.primitive === 'exp' ? [input!.add(1)] : undefined,
  )
  expect(results[0]!.node).toMatchObject({ primitive: 'add', path: 'layer', place: result.node.place })
})
