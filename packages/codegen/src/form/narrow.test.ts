import { grad, maxPool, placeholder, scan, zeros, type Tensor } from '@snn/tensor'
import { isPrimitive, topological, type Node } from '@snn/tensor/backend'
import { expect, it } from 'vitest'
import { fuseScan } from './fuse-scan.js'
import type { Fused } from './kernel-builder.js'
import { narrow } from './narrow.js'
import { fusePlanes } from './planes.js'

const x = placeholder([3, 2, 4, 4])
const step = (v: Tensor, now: Tensor): readonly [Tensor, readonly [Tensor, Tensor]] => {
  const charged = v.mul(0.5).add(now)
  return [charged.sub(charged.ge(1).cast('float32')), [charged, charged.tanh()]]
}
const [last, [potentials, results]] = scan(step, zeros([2, 4, 4]), x)
const forward = last.node as Node<'scan'>
const gradients = grad(results.sum(), [x])
const backward = topological({ parameters: [x], results: gradients }).filter(
  (node): node is Node<'scan'> => isPrimitive(node, 'scan') && node !== forward,
)

/** What a kernel computes for each output and slot, phase by phase, whatever its values and operands are numbered. */
function meaning({ kernel, tensors, space, length, plane }: Fused): unknown {
  const nameOf = (operand: number): string =>
    `${JSON.stringify(kernel.operands[operand])} ${tensors[operand]!.node.id}.${tensors[operand]!.node.outputs.indexOf(tensors[operand]!)}`
  const phases = kernel.phases.map(({ steps, values, stores, pools }) => {
    const texts: string[] = []
    for (const value of values)
      texts.push(
        'operands' in value
          ? `${value.operation}(${value.operands.map((i) => texts[i]!).join()})`
          : value.operation === 'load'
            ? nameOf(value.operand)
            : JSON.stringify(value),
      )
    return {
      steps,
      count: values.length,
      stores: stores.map(
        ({ to, value }) => `${'slot' in to ? `slot ${to.slot}` : nameOf(to.operand)} = ${texts[value]!}`,
      ),
      pools: pools.map((pool) => ({ ...pool, operand: nameOf(pool.operand) })),
    }
  })
  return { phases, operands: kernel.operands.length, slots: kernel.slots, space, length, plane }
}

it('keeps all that is wanted', () => {
  const fused = fuseScan(forward)!
  expect(narrow(fused, () => true)).toBe(fused)
})

it.each([
  ['the last state', [last]],
  ['what the loop stacks', [potentials, results]],
  ['one of two', [results]],
])('is the kernel that was fused for %s alone', (_, wanted) => {
  const isWanted = (output: Tensor): boolean => wanted.includes(output)
  expect(meaning(narrow(fuseScan(forward)!, isWanted))).toEqual(meaning(fuseScan(forward, { isWanted })!))
})

it('is that kernel for gradients, too', () => {
  for (const scan of backward) {
    for (const output of scan.outputs) {
      const isWanted = (other: Tensor): boolean => other === output
      expect(meaning(narrow(fuseScan(scan)!, isWanted))).toEqual(meaning(fuseScan(scan, { isWanted })!))
    }
  }
  expect(backward.length).toBeGreaterThan(0)
})

it('keeps poolings of what itself is not wanted', () => {
  const pool = fusePlanes(maxPool(results, [2, 2]).node)!
  const isWanted = (output: Tensor): boolean => output === pool.output
  expect(meaning(narrow(fuseScan(forward, { pools: [pool] })!, isWanted))).toEqual(
    meaning(fuseScan(forward, { pools: [pool], isWanted })!),
  )
})
