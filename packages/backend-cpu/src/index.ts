export { cpu, type Cpu, type CpuInfo, type CpuOptions } from './cpu.js'
export type { KernelForm } from './kernels/form.js'
export type { OrtLibrary } from './library.js'
