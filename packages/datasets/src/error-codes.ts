/** The stable error codes of this package, each with the type of its `details`. */
export interface DatasetErrorDetails {
  /** Data that a path or description names are not there; `looked` lists what was looked for. */
  DATA_NOT_FOUND: { readonly path: string; readonly looked: readonly string[] }
  /** A file could not be downloaded; what each address answered. */
  DOWNLOAD: { readonly file: string; readonly answers: readonly string[] }
}

declare module '@snn/tensor' {
  interface ErrorDetails extends DatasetErrorDetails {}
}
