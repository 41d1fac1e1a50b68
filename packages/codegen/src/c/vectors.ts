import type { CFunction } from './unit.js'

/** Types of vectors of floats, which a compiler of GNU C maps to those of the processor; loads and stores anywhere. */
export const vectorTypes: CFunction = {
  name: 'vector_types',
  definition: [
    ...[4, 8, 16].flatMap((lanes) => [
      `typedef float f${lanes} __attribute__((vector_size(${4 * lanes})));`,
      `typedef float u${lanes}_at __attribute__((vector_size(${4 * lanes}), aligned(4), may_alias));`,
    ]),
    'typedef i32 i16v __attribute__((vector_size(64)));',
    'typedef i32 i16_at __attribute__((vector_size(64), aligned(4), may_alias));',
    'typedef signed char b16 __attribute__((vector_size(16)));',
    'typedef u64 w2 __attribute__((vector_size(16)));',
    '#if defined(__clang__) || __GNUC__ >= 12',
    '#define SHUFFLED(type, a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)',
    '#else',
    'typedef i32 i4v __attribute__((vector_size(16)));',
    '#define SHUFFLED(type, a, b, ...) __builtin_shuffle(a, b, (type){__VA_ARGS__})',
    '#endif',
  ],
  calls: [],
}

/** What a processor has for vectors: how wide they are, in floats, and how many of them hold sums. */
export interface VectorUnit {
  /** What the compiler defines where it is there. */
  readonly condition: string
  readonly lanes: 4 | 8 | 16
  readonly sums: number
}

/** The widest first; the last is for all others. */
export const vectorUnits: readonly VectorUnit[] = [
  { condition: 'defined(__AVX512F__)', lanes: 16, sums: 24 },
  { condition: 'defined(__AVX__)', lanes: 8, sums: 12 },
  { condition: 'defined(__aarch64__)', lanes: 4, sums: 24 },
  { condition: '1', lanes: 4, sums: 12 },
]

/** `lanes` floats as vectors of at most `most`: where each begins, and its lanes. */
export function vectorsOf(lanes: number, most: number): { readonly at: number; readonly lanes: number }[] {
  const parts: { readonly at: number; readonly lanes: number }[] = []
  for (let at = 0, width = most; at < lanes; at += width) {
    while (width > lanes - at) width /= 2
    parts.push({ at, lanes: width })
  }
  return parts
}

/** `TRANSPOSE16`: the variables r0 to r15 as the rows of a matrix of 16 x 16, transposed. */
export const transpose16: CFunction = {
  name: 'transpose16',
  definition: [
    '#define TRANSPOSE16 \\',
    ...[8, 4, 2, 1].flatMap((s) => {
      const lanes = Array.from({ length: 16 }, (_, lane) => lane)
      return lanes
        .filter((row) => (row & s) === 0)
        .map((row) => {
          const upper = lanes.map((lane) => (lane & s ? 16 + lane - s : lane))
          const lower = lanes.map((lane) => (lane & s ? 16 + lane : lane + s))
          const pick = (of: readonly number[]): string => `SHUFFLED(i16v, r${row}, r${row + s}, ${of.join(', ')})`
          return `{ const f16 t = ${pick(upper)}; r${row + s} = ${pick(lower)}; r${row} = t; } \\`
        })
    }),
    '',
  ],
  calls: [vectorTypes],
}
