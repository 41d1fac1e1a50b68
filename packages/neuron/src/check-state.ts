import { formatShape, sameShape, SnnError, type Tensor } from '@snn/tensor'

/** Throws `SHAPE` unless every state named is there, in the shape of the input of one step. */
export function checkState(kind: string, x: Tensor, state: Readonly<Record<string, Tensor>>, names: readonly string[]): void {
  for (const name of names) {
    const value = state[name]
    if (!value || !sameShape(value.shape, x.shape)) {
      const got = value ? `shape ${formatShape(value.shape)}` : 'nothing'
      throw new SnnError('SHAPE', `[${kind}] state '${name}' has ${got}, expected the shape of the input, ${formatShape(x.shape)}. Start from initialState(x.shape, x.dtype).`, {
        shapes: value ? [value.shape, x.shape] : [x.shape],
      })
    }
  }
}

/** The state `t`, a step index, as an index into arrays with an entry for each of T steps: [1]. Steps after the last have its entry. */
export function stepIndex(kind: string, t: Tensor | undefined, T: number): Tensor {
  if (t?.dtype === 'int32' && t.shape.length === 0) return t.minimum(T - 1).reshape([1])
  throw new SnnError('SHAPE', `[${kind}] state 't' is ${t ? `${t.dtype} ${formatShape(t.shape)}` : 'missing'}, expected an int32 scalar. Start from initialState(x.shape, x.dtype).`, { shapes: t ? [t.shape] : [] })
}
