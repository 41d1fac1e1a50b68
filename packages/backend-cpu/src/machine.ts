import type { EventConvKernel } from '@snn/codegen'

/**
 * The tuning numbers of this backend: what is fast on CPUs. Results do not depend on them, but for the order in which
 * sums are added up. Measured on machines of 2 cores with vectors of 512 bits, unless said.
 */

/**
 * Less work than this is done before another thread has woken up (51 us where it sleeps, 0.3 us where it spins): of a
 * kernel and of planes in element operations, of images and of convolutions that skip zeros in multiply-accumulates, of
 * random numbers in blocks.
 */
export const sharedWork = { kernel: 2 ** 18, planes: 2 ** 16, images: 2 ** 22, events: 2 ** 18, random: 8 } as const

/** Shares of the blocks that each thread takes on average, where any may take any. */
export const sharesPerThread = 8

/**
 * A program that has computed for so many milliseconds gets native kernels: to compile those of a network takes about
 * as long on another core, once.
 */
export const nativeAfter = 500

/** How often a thread that waits looks before it sleeps. */
export const spins = 20_000

/** Milliseconds of computing between two turns of the event loop. */
export const sliceMilliseconds = 20

/** What the schedule makes tasks of. */
export const schedule = {
  /** Values begin on cache lines, of so many bytes. */
  line: 64,
  /** A value of all the steps that run at once takes no more bytes than this, so that it stays in the outer caches. */
  piece: 2 ** 24,
  /** Fewer multiply-accumulates in a product of matrices are not worth a task of their own. */
  product: 2 ** 20,
  /** Sums with more results than this are left to the library: each thread has an array of its own for them. */
  sum: 2 ** 16,
  /** Planes of more elements than this leave the cache before they are pooled. */
  plane: 2 ** 14,
  /** A longer chain of operations is cut. */
  group: 256,
  /** Fewer elements are not worth a kernel that casts them. */
  cast: 2 ** 18,
} as const

/** Operations on images, some at a time. */
export const images = {
  /**
   * Bytes of the images that a session reads and writes in one run, so that they stay in the cache, and so do its inner
   * values.
   */
  bytes: 2 ** 21,
  /** Multiply-accumulates that a run should have at least: to start it (16 us) takes as long as some 2^21. */
  work: 2 ** 23,
  /** Places that the weights should be used for in a run, where they are not constant: they are rearranged in each. */
  places: 2 ** 8,
  /** More tensors than this are not kept. */
  tensors: 64,
} as const

/**
 * Multiply-accumulates of the images that are computed in the same way, with zeros skipped or not, so that a choice
 * costs little.
 */
export const groupWork = 2 ** 25

/**
 * Up to this share of values that are not zero, the event-driven kernel is faster than ONNX Runtime; 0: never. `npm run
 * sparse-conv` in apps/bench, for the convolutions of ResNet-20 on one thread. In WebAssembly they are equally fast at
 * 10 % (stride 2 from 16 channels) to 20 % on an AMD EPYC of 2024, on which ONNX Runtime uses vectors of 512 bits, and
 * at 20 % to 33 % on one with 256 bits. Native on one of 512 bits: at 40 % (64 channels), 50 % (stride 2) and beyond.
 * Products with a matrix, in WebAssembly: at 8 % (784 x 256) to 3 % (1568 x 128) and at 18 % (256 x 256) to 13 % (784 x
 * 256); with fewer columns never. Native: at 20 % (4096 x 1024) to 30 % and beyond.
 * Convolutions of 1 x 1, whose windows share nothing: in WebAssembly at 5 % (384 channels) or not at all (48), native
 * at 30 %.
 */
export function measuredDensity({ filters, windows, kernel }: EventConvKernel, isNative: boolean): number {
  if (windows[0] * windows[1] === 1) return isNative ? 0.2 : filters >= 128 ? 0.1 : 0
  if (kernel[0] * kernel[1] === 1) return isNative ? 0.3 : 0.05
  return isNative ? 0.4 : 0.17
}

/** Outputs of fewer bytes are copied by ONNX Runtime faster than the error is thrown that keeps it from that. */
export const copiedBytes = 2 ** 16

/** Models of at most so many bytes are their own keys: sooner than a digest is there. */
export const smallModel = 4096

/** After so many rebuilds for changed values, a Variable is fed to the sessions instead of being a constant in them. */
export const mostRebuilds = 2
