/** The stable error codes of this package, each with the type of its `details`. */
export interface SnnFileErrorDetails {
  /** A file that is no converted network, or of a newer version. */
  SNN_FILE: { readonly reason: string }
}

declare module '@snn/tensor' {
  interface ErrorDetails extends SnnFileErrorDetails {}
}
