import type { Fused, FusedNest, FusedPlanes } from '@snn/codegen'
import type { Tensor } from '@snn/tensor'
import type { Node } from '@snn/tensor/backend'
import type { Columns } from './columns.js'
import type { ImageNode } from './image-operations.js'

/** A scan that is one kernel, with all its outputs. */
export interface FusedScan {
  readonly kind: 'fusedScan'
  readonly fused: Fused
  readonly reads: readonly Tensor[]
  /** Poolings of its outputs that are made in the same kernel. */
  readonly pools: readonly FusedPlanes[]
}

/** What runs by itself, in order, behind what a library and kernels compute at the same time. */
export type Control =
  | FusedScan
  | { readonly kind: 'loop' }
  | { readonly kind: 'random' }
  | { readonly kind: 'planes'; readonly fused: FusedPlanes }
  | { readonly kind: 'nest'; readonly fused: FusedNest }
  | { readonly kind: 'columns'; readonly columns: Columns }
  | { readonly kind: 'images'; readonly found: ImageNode }

/** How a node is computed, with the form that it has. */
export type Role =
  | Control
  /** A value that a run is given. */
  | { readonly kind: 'read' }
  /** Does not change between runs: every library call that needs it has it made inside, as a folded constant. */
  | { readonly kind: 'static' }
  /** The same bytes as its input. */
  | { readonly kind: 'view' }
  /**
   * Bytes as floats for a product of matrices: a kernel makes them right before it, so that they take no memory until
   * then.
   */
  | { readonly kind: 'lateCast' }
  /** Made by the kernel of a scan. */
  | { readonly kind: 'pooled'; readonly scan: Node }
  /** Computed by the operation on images whose bias its only reader adds. */
  | { readonly kind: 'inner' }
  | { readonly kind: 'elementwise' }
  | { readonly kind: 'sum' }
  | { readonly kind: 'library' }
