/** The stable error codes of this package, each with the type of its `details`. */
export interface TrainingErrorDetails {
  /** Training could change none of these parameters: no gradient comes to them, or it stops at these layers. */
  NOT_TRAINABLE: { readonly parameters: readonly string[]; readonly layers: readonly string[] }
  /** A checkpoint that training cannot go on from: of another network, other data or other settings. */
  CHECKPOINT: { readonly reason: string }
}

declare module '@snn/tensor' {
  interface ErrorDetails extends TrainingErrorDetails {}
}
