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
  const packed = new Uint8Array(Math.ceil(codes.length / 4))
  const fours = new Uint32Array(packed.length)
  new Uint8Array(fours.buffer).set(codes)
  for (let i = 0; i < packed.length; i++) {
    const four = fours[i]!
    packed[i] = four | (four >> 6) | (four >> 12) | (four >> 18)
  }
  return { length: codes.length, packed }
}

/** Writes the codes to `to` from `at` on. */
export function unpackSpikes({ length, packed }: SpikeTrain, to: Uint8Array, at: number): void {
  const fours = new Uint32Array(packed.length)
  for (let i = 0; i < packed.length; i++) {
    const byte = packed[i]!
    fours[i] = (byte & 3) | ((byte & 12) << 6) | ((byte & 48) << 12) | ((byte & 192) << 18)
  }
  to.set(new Uint8Array(fours.buffer, 0, length), at)
}
