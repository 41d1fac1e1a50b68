import type { Node, Primitive } from '@snn/tensor/backend'

/** How a backend uses generated kernels, beside its library. */
export interface KernelTarget {
  /** Whether a program of these nodes gains from kernels; the bodies of its loops always do. */
  readonly isWorthwhile: (nodes: readonly Node[]) => boolean
  /**
   * Where operations on each of many images are tasks of their own, convolutions and large products with a matrix:
   * products of fewer multiply-accumulates stay with others.
   */
  readonly images: { readonly smallestProduct: number } | undefined
  /** Sums with more results than this are left to the library. */
  readonly largestSum: number
  /** Planes of more elements than this are not pooled in the kernel that makes them. */
  readonly largestPlane: number
  /** Whether a node that has the form of loop nests is one, rather than a library call. */
  readonly isNest: (node: Node) => boolean
  /** A kernel of more operations than this is cut. */
  readonly largestGroup: number
  /** Fewer bytes are not worth a kernel that makes floats of them right before a product. */
  readonly smallestCast: number
}

/** What a backend can run and what is fast on it: all that the schedule asks of a machine. */
export interface Target {
  /** The name of its backend, for messages. */
  readonly name: string
  /** Whether a library computes the primitive; what stands together of such becomes one task. */
  readonly isLibrary: (primitive: Primitive) => boolean
  /**
   * Whether the library reads and writes values wherever they lie, so that a program of library calls alone leaves its
   * arguments there.
   */
  readonly isLibraryAnywhere: boolean
  /** Bytes of which the offset of every block in the arena is a multiple. */
  readonly alignment: number
  /**
   * Loops are split, so that large operations run on all steps at once and loops are single kernels, as long as one
   * value takes no more bytes than this for the steps that run at once. undefined: loops stay as they are.
   */
  readonly largestPiece: number | undefined
  /** undefined: no kernels. */
  readonly kernels: KernelTarget | undefined
}
