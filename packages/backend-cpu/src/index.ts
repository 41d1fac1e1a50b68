export { cpu, type Cpu, type CpuInfo, type CpuOptions, type KernelForm } from './cpu.js'
export type { OrtLibrary } from './library.js'
