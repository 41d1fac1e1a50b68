import { formatShape, sameShape, SnnError, type Tensor } from '@snn/tensor'
import { checkObject, checkTensor } from '@snn/tensor/library'

/**
 * Throws `SHAPE` unless every state named is there, in the shape of the input of one step, or as a scalar where it is
 * `shared`.
 */
export function checkState(
  kind: string,
  x: Tensor,
  state: Readonly<Record<string, Tensor>>,
  names: readonly string[],
  shared: readonly string[] = [],
): void {
  checkTensor(kind, x)
  checkObject(kind, state, 'state', 'the state of the step before, or initialState(x.shape, x.dtype)')
  for (const name of names) {
    const value = state[name]?.shape ? state[name] : undefined
    const [expected, what] = shared.includes(name)
      ? ([[], 'a scalar'] as const)
      : ([x.shape, `the shape of the input, ${formatShape(x.shape)}`] as const)
    if (!value || !sameShape(value.shape, expected)) {
      const got = value ? `shape ${formatShape(value.shape)}` : 'nothing'
      throw new SnnError(
        'SHAPE',
        `[${kind}] state '${name}' has ${got}, expected ${what}. Start from initialState(x.shape, x.dtype).`,
        { shapes: value ? [value.shape, x.shape] : [x.shape] },
      )
    }
  }
}

/**
 * The state `t`, a step index, as an index into arrays with an entry for each of T steps: [1]. Steps after the last
 * have its entry.
 */
export function stepIndex(kind: string, t: Tensor | undefined, T: number): Tensor {
  if (t?.dtype === 'int32' && t.shape.length === 0) return t.minimum(T - 1).reshape([1])
  throw new SnnError(
    'SHAPE',
    `[${kind}] state 't' is ${t ? `${t.dtype} ${formatShape(t.shape)}` : 'missing'}, expected an int32 scalar. Start from initialState(x.shape, x.dtype).`,
    { shapes: t ? [t.shape] : [] },
  )
}
