/** The stable error codes of this package, each with the type of its `details`. */
export interface NirErrorDetails {
  /** A NIR graph that contradicts itself: everything that is wrong in it. */
  NIR_INVALID: { readonly faults: readonly { readonly node: string; readonly what: string; readonly fix: string }[] }
  /** Parts of a network that NIR cannot say, or of a NIR graph that cannot be run: all of them. */
  NIR_UNSUPPORTED: {
    readonly nodes: readonly {
      readonly node: string
      readonly kind: string
      readonly reason: string
      readonly fix: string
    }[]
  }
}

declare module '@snn/tensor' {
  interface ErrorDetails extends NirErrorDetails {}
}
