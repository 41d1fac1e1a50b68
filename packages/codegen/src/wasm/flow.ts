import { block, branch, loop, set, tee, when, type Instruction, type Variable, type Word } from './instruction.js'
import { add, geSigned, ne, sub } from './word.js'

/** `body` while `counter`, which it counts down, is not 0. */
export function countdown(label: string, counter: Variable<'word'>, body: readonly Instruction[]): Instruction {
  return when(ne(counter, 0), [loop(label, [...body, branch(label, ne(tee(counter, sub(counter, 1)), 0))])])
}

/** `body` for `counter` from `from` to before `to`. */
export function count(
  counter: Variable<'word'>,
  from: Word,
  to: Word,
  body: readonly Instruction[],
  by = 1,
): Instruction[] {
  const [end, again] = [`${counter.name}End`, `${counter.name}Loop`]
  return [
    set(counter, from),
    block(end, [
      loop(again, [branch(end, geSigned(counter, to)), ...body, set(counter, add(counter, by)), branch(again)]),
    ]),
  ]
}
