import { words, type Instruction, type WasmFunction } from './instruction.js'

/**
 * What every kernel is given: where its arguments lie, the blocks that it computes, from `first` to before `last`, and
 * the number of the thread.
 */
export const { args, first, last, thread } = words('args', 'first', 'last', 'thread')

/** The function that a kernel exports: `run(args, first, last, thread)`. */
export function runFunction(body: readonly Instruction[]): WasmFunction {
  return { name: 'run', parameters: [args, first, last, thread], result: undefined, body }
}
