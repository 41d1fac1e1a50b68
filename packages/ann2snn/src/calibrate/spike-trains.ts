import type { Tensor } from '@snn/tensor'

/** Spikes of a layer, each -1, 0 or 1, as codes of two bits, four to a byte. */
export interface SpikeTrain {
  readonly length: number
  readonly packed: Uint8Array
}

/** The sign of each value as a code: 0: none, 1: positive, 2: negative. */
export function signCodes(values: Tensor): Tensor {
  return values.gt(0).cast('float32').add(values.lt(0).cast('float32').mul(2)).cast('uint8')
}

export function signsOf(codes: Tensor): Tensor {
  return codes.eq(1).cast('float32').sub(codes.eq(2).cast('float32'))
}

/** Codes, a byte each. */
export function packSpikes(codes: Uint8Array): SpikeTrain {
  const fours = new Uint32Array(Math.ceil(codes.length / 4))
  new Uint8Array(fours.buffer).set(codes)
  // bytes, lowest first, whose bits move together
  return { length: codes.length, packed: Uint8Array.from(fours, (four) => four | (four >> 6) | (four >> 12) | (four >> 18)) }
}

/** Writes the codes to `to` from `at` on. */
export function unpackSpikes({ length, packed }: SpikeTrain, to: Uint8Array, at: number): void {
  const fours = Uint32Array.from(packed, (four) => (four & 3) | ((four & 12) << 6) | ((four & 48) << 12) | ((four & 192) << 18))
  to.set(new Uint8Array(fours.buffer, 0, length), at)
}
