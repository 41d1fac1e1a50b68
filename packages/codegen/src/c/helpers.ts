import type { CFunction } from './unit.js'

/** A function of one line. */
function inline(
  name: string,
  type: string,
  parameters: string,
  result: string,
  calls: readonly CFunction[] = [],
): CFunction {
  return { name, definition: [`INLINE ${type} ${name}(${parameters}) { ${result} }`], calls }
}

/** The bits of a number, and the number of bits. */
export const bitsOf = inline(
  'bits_of',
  'i32',
  'float x',
  'union { float number; i32 bits; } both = { .number = x }; return both.bits;',
)
export const ofBits = inline(
  'of_bits',
  'float',
  'i32 x',
  'union { float number; i32 bits; } both = { .bits = x }; return both.number;',
)
export const bitsOfDouble = inline(
  'bits_of_double',
  'u64',
  'double x',
  'union { double number; u64 bits; } both = { .number = x }; return both.bits;',
)
export const ofBitsDouble = inline(
  'of_bits_double',
  'double',
  'u64 x',
  'union { double number; u64 bits; } both = { .bits = x }; return both.number;',
)

/** y < x ? y : x, and x < y ? y : x. */
export const smaller = inline('smaller', 'float', 'float x, float y', 'return y < x ? y : x;')
export const larger = inline('larger', 'float', 'float x, float y', 'return x < y ? y : x;')
export const smallerDouble = inline('smaller_double', 'double', 'double x, double y', 'return y < x ? y : x;')
export const largerDouble = inline('larger_double', 'double', 'double x, double y', 'return x < y ? y : x;')

/** The smaller and the larger, NaN where one is, and -0 below 0: equal numbers differ in their sign at most. */
const extremum = (name: string, sign: string, bits: string): CFunction =>
  inline(
    name,
    'float',
    'float x, float y',
    `float z = y ${sign} x ? y : x; z = x == y ? of_bits(bits_of(x) ${bits} bits_of(y)) : z; return y != y ? y : z;`,
    [bitsOf, ofBits],
  )
export const minimum = extremum('minimum', '<', '|')
export const maximum = extremum('maximum', '>', '&')

/** NaN and zeros keep what they are; all else is 1 with its sign. */
export const sign = inline('sign', 'float', 'float x', 'return x == 0.0f || x != x ? x : __builtin_copysignf(1.0f, x);')

/** Towards zero, the nearest int32 where there is none; NaN is 0. */
export const truncated = inline(
  'truncated',
  'i32',
  'float x',
  'return x != x ? 0 : x >= 2147483648.0f ? 2147483647 : x < -2147483648.0f ? -2147483647 - 1 : (i32)x;',
)

/** Terms of so many elements are kept before they are added up. */
export const sumPiece = 256

/**
 * Adds the terms of `n` elements, of `steps` steps each, to eight sums: element i is added to that of i mod 8, what is
 * left over to the first. So the order does not depend on how wide vectors are.
 */
export const addTerms: CFunction = {
  name: 'add_terms',
  definition: [
    'typedef float eight __attribute__((vector_size(32), aligned(4)));',
    `static void add_terms(float *sums, const float (*terms)[${sumPiece}], word steps, word n) {`,
    '  eight sum = *(eight *)sums;',
    '  word i = 0;',
    '  for (; i + 8 <= n; i += 8)',
    '    for (word j = 0; j < steps; j++) sum += *(const eight *)(terms[j] + i);',
    '  for (; i < n; i++)',
    '    for (word j = 0; j < steps; j++) sum[0] += terms[j][i];',
    '  *(eight *)sums = sum;',
    '}',
  ],
  calls: [],
}

/** The sum of eight. */
export const total = inline(
  'total',
  'float',
  'const float *s',
  'return ((s[0] + s[4]) + (s[1] + s[5])) + ((s[2] + s[6]) + (s[3] + s[7]));',
)

/** From where on, and up to where, `at + stride i` lies from 0 to before `size`, for i from 0 to before `extent`. */
export const firstInside = inline(
  'first_inside',
  'word',
  'word at, word stride, word extent',
  'word i = at >= 0 ? 0 : (stride - 1 - at) / stride; return i < extent ? i : extent;',
)
export const endInside = inline(
  'end_inside',
  'word',
  'word at, word stride, word size, word extent',
  'word i = at >= size ? 0 : (size - 1 - at) / stride + 1; return i < extent ? i : extent;',
)
