export const kernelForms = ['auto', 'native', 'wasm', false] as const

/** A form of kernels; see `CpuOptions.kernels`. */
export type KernelForm = (typeof kernelForms)[number]
