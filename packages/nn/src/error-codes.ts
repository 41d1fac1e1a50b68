/** The stable error codes of this package, each with the type of its `details`. */
export interface NetworkErrorDetails {
  /**
   * A state dict does not fit the network: what it lacks, what the network lacks, and what has another shape or dtype.
   */
  STATE_DICT: {
    readonly missing: readonly string[]
    readonly unexpected: readonly string[]
    readonly mismatched: readonly { readonly name: string; readonly got: string; readonly expected: string }[]
  }
  /**
   * Layers that a conversion or a chip cannot carry; `approximate`: what would take one as it is, where the caller
   * allows it.
   */
  CONVERT_UNSUPPORTED: {
    readonly layers: readonly {
      readonly name: string
      readonly kind: string
      readonly reason: string
      readonly fix: string
      readonly approximate?: string
    }[]
  }
}

declare module '@snn/tensor' {
  interface ErrorDetails extends NetworkErrorDetails {}
}
