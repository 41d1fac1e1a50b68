import { mostPages, type MemoryType } from '../memory-type.js'
import { withWideAddresses } from './wide-addresses.js'

/** A module over the memory `memory.memory`; its fields are printed for 32-bit addresses. A shared memory states how large it may become. */
export function printModule(memory: MemoryType, fields: readonly string[]): string {
  const limits = memory.isShared ? `1 ${mostPages(memory)} shared` : '0'
  const text = ['(module', `(import "memory" "memory" (memory ${memory.is64 ? 'i64 ' : ''}${limits}))`, ...fields].join('\n') + ')'
  return memory.is64 ? withWideAddresses(text) : text
}
