import type { KernelForm } from '../src/index.js'

/**
 * In which form the tests of this package run kernels: `SNN_KERNELS=wasm` or `native`; the default of the backend
 * without.
 */
export const kernelForm = ((): KernelForm | undefined => {
  const { SNN_KERNELS: form } = process.env
  if (form !== undefined && form !== 'wasm' && form !== 'native')
    throw new Error(`SNN_KERNELS=${form}, expected wasm or native`)
  return form
})()

/** As `options` of a backend. */
export const inForm = kernelForm === undefined ? {} : { kernels: kernelForm }
