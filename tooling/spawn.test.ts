import { expect, it } from 'vitest'
import { startOf } from './spawn.mjs'

it('a program is started by itself, on Windows by the command processor unless it is one', () => {
  expect(startOf('vitest', ['run', 'a b'], 'linux')).toEqual({ command: 'vitest', args: ['run', 'a b'], shell: false })
  expect(startOf('C:\\a b\\node.exe', ['a b'], 'win32')).toEqual({
    command: 'C:\\a b\\node.exe',
    args: ['a b'],
    shell: false,
  })
  const args = ['run', '--t=x', 'a b', 'say "hi"', 'a & b\\', '50 %', '']
  expect(startOf('vitest', args, 'win32')).toEqual({
    command: 'vitest',
    args: ['run', '--t=x', '"a b"', '"say \\"hi\\""', '"a & b\\\\"', '"50 "^%""', '""'],
    shell: true,
  })
})
