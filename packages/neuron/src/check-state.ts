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
