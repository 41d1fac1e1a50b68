import { describe, expect, it } from 'vitest'
import { convertCommand } from './commands/convert.js'
import { conversionFlags } from './conversion-flags.js'

describe('options as flags', () => {
  it('are flags that snn convert takes, with the same meaning', () => {
    const command = convertCommand(new AbortController().signal)
    const options = {
      code: 'signed',
      levels: 4,
      mode: 'sequential',
      per: 'channel',
      T: 32,
      wait: 1,
      weights: 'calibrate',
    } as const
    const flags = conversionFlags(options).split(' ')
    expect(flags).toHaveLength(2 * Object.keys(options).length)
    command.parseOptions(flags)
    const { T, ...others } = options
    expect(command.opts()).toMatchObject({ ...others, steps: T })
    expect(conversionFlags({ code: 'delta' })).toBe('--code delta')
    expect(conversionFlags({ mode: { thresholds: { relu1: 2 } } })).toBe('--mode {"thresholds":{"relu1":2}}')
  })
})
