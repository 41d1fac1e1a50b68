/** The stable error codes of this package, each with the type of its `details`. */
export interface ConversionErrorDetails {
  /**
   * Calibration data that cannot be used: empty, one-shot, not finite, nothing but zeros, or the very images that are
   * tested.
   */
  CALIBRATION: { readonly reason: 'empty' | 'one-shot' | 'not-finite' | 'zero' | 'inactive' | 'tested' }
}

declare module '@snn/tensor' {
  interface ErrorDetails extends ConversionErrorDetails {}
}
