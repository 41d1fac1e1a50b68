export { cpu, type CpuOptions } from './cpu.js'
export type { OrtLibrary } from './library.js'
