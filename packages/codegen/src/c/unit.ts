import type { MemoryType } from '../layout/memory-type.js'
import { indented } from './text.js'

/** A function that kernels call, with those that it calls itself. Equal names mean equal functions. */
export interface CFunction {
  readonly name: string
  readonly definition: readonly string[]
  readonly calls: readonly CFunction[]
}

/**
 * What a kernel does with its arguments `a[..]`, as lines of C, for the blocks from `first` to before `last` in thread
 * `thread`.
 */
export interface CKernel {
  readonly body: readonly string[]
  readonly calls: readonly CFunction[]
}

/** The name of kernel `index` of a unit. */
export function kernelName(index: number): string {
  return `kernel${index}`
}

/**
 * Flags with which a unit gives the same bits on all compilers: products and sums stay apart, and nothing is reordered.
 * Neither errno nor traps are looked at, so that square roots and comparisons are vectors too; words and floats may lie
 * in the same memory.
 */
export const unitFlags: readonly string[] = [
  '-O3',
  '-ffp-contract=off',
  '-fno-math-errno',
  '-fno-trapping-math',
  '-fno-strict-aliasing',
  '-std=gnu11',
  '-w',
]

/**
 * Kernels as one translation unit of C, for gcc and clang: no headers, no intrinsics; the loops are for the compiler's
 * vectors. Function i is
 * `kernel<i>(memory, args, first, last, thread)`: `args` and all addresses count in bytes from `memory` on. Names are
 * numbers, or words of this package: nothing that a model calls itself gets into the text.
 */
export function printUnit(kernels: readonly CKernel[], memory: Pick<MemoryType, 'is64'>): string {
  const functions = new Map<string, CFunction>()
  const collect = (called: readonly CFunction[]): void => {
    for (const each of called) {
      if (functions.has(each.name)) continue
      collect(each.calls)
      functions.set(each.name, each)
    }
  }
  for (const { calls } of kernels) collect(calls)
  return [
    ...prelude,
    `typedef ${memory.is64 ? 'double' : 'u32'} argument;`,
    ...[...functions.values()].flatMap(({ definition }) => ['', ...definition]),
    ...kernels.flatMap(({ body }, i) => [
      '',
      `void ${kernelName(i)}(u8 *memory, word args, word first, word last, word thread) {`,
      ...indented(['const argument *const a = (const argument *)(memory + args);', ...body]),
      '}',
    ]),
    '',
  ].join('\n')
}

const prelude = `typedef __UINT8_TYPE__ u8;
typedef __INT32_TYPE__ i32;
typedef __UINT32_TYPE__ u32;
typedef __INT64_TYPE__ i64;
typedef __UINT64_TYPE__ u64;
typedef __INTPTR_TYPE__ word;
/* the elements of a loop are independent of each other, also where an output lies over an input */
#if defined(__clang__)
#define INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#else
#define INDEPENDENT _Pragma("GCC ivdep")
#endif
#define INLINE static inline __attribute__((always_inline))`.split('\n')
