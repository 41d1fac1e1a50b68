import type { TensorLike } from '@snn/tensor'
import { checkBytes, checkMembers } from '@snn/tensor/library'

/**
 * 64 bits, as 16 hexadecimal digits, that are equal for images of equal elements (the shape does not count) and
 * otherwise differ, but by a chance of 2^-64: to find images that two data sets share. Not cryptographic. (Two lanes of
 * the MurmurHash3 finaliser.)
 */
export function imageDigest(image: TensorLike): string {
  checkMembers('imageDigest', image, 'image', ['data', 'shape'], '{ data, shape }')
  const bytes = checkBytes('imageDigest', image.data, 'image.data', 'Give a typed array.')
  const byteLength = bytes.length
  let a = 0x243f6a88 ^ byteLength
  let b = 0x85a308d3 ^ byteLength
  for (let i = 0; i < byteLength; i++) {
    a = Math.imul(a ^ bytes[i]!, 0x9e3779b1)
    b = Math.imul(b ^ bytes[i]!, 0x5f356495)
    a ^= a >>> 15
    b ^= b >>> 13
  }
  return hex(finish(a ^ Math.imul(b, 0x85ebca6b))) + hex(finish(b ^ Math.imul(a, 0xc2b2ae35)))
}

function finish(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

function hex(h: number): string {
  return h.toString(16).padStart(8, '0')
}
