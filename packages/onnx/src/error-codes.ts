/** The stable error codes of this package, each with the type of its `details`. */
export interface OnnxErrorDetails {
  /** An ONNX file is malformed: which part of it, and what is wrong there. */
  ONNX_INVALID: { readonly where: string; readonly what: string }
  /** Parts of an ONNX model are not understood: all of them. */
  ONNX_UNSUPPORTED: {
    readonly nodes: readonly {
      readonly op: string
      readonly name: string
      readonly domain: string
      readonly opset: number
      readonly reason: string
      readonly fix: string
    }[]
  }
}

declare module '@snn/tensor' {
  interface ErrorDetails extends OnnxErrorDetails {}
}
