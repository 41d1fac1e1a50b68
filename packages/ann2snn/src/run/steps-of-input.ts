import type { Network } from '@snn/nn'
import { formatShape, SnnError, type Shape } from '@snn/tensor'

/**
 * How many steps an input x has: that of x [N, T, ..], one step after the other; undefined for x [N, ..], the same at
 * every step. A network whose metadata do not say which takes both, where it knows the shape of a sample.
 *
 * @throws `SHAPE` for an input that is not as the network was trained
 */
export function stepsOfInput(
  { inputs, metadata: { encoding } }: Network,
  x: Shape,
  operation: string,
): number | undefined {
  if (encoding === 'constant') return undefined
  const rank = inputs[0]?.shape?.length
  const isSequence = rank === undefined ? encoding !== undefined : x.length === rank + 2
  if (isSequence) return x[1]
  if (encoding === undefined) return undefined
  const why =
    encoding === 'sequence'
      ? 'the network was trained on inputs of T steps'
      : 'the network was trained on what a function made of its samples, which a file cannot hold'
  throw new SnnError(
    'SHAPE',
    `[${operation}] an input of shape ${formatShape(x)}, but ${why}, expected [N, T, ..]. ${encoding === 'sequence' ? 'Give all steps.' : "Give its inputs as 'encode' makes them, or say that they stay the same: net.metadata = { ...net.metadata, encoding: 'constant' }."}`,
    { shapes: [x] },
  )
}
