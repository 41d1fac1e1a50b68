import { describe, expect, it } from 'vitest'
import {
  compile,
  isSnnError,
  placeholder,
  reference,
  scan,
  scalar,
  tensor,
  variable,
  zeros,
  type ErrorCode,
  type Tensor,
} from '../index.js'

const backend = reference()
const x = { data: Float32Array.of(1, 2), shape: [2] }

/** `file:line` of the line after the caller's. */
function nextLine(): string {
  const [file, line] = /([^/\\]+\.test\.ts):(\d+):\d+/.exec(new Error().stack!.split('\n')[2]!)!.slice(1) as [
    string,
    string,
  ]
  return `${file}:${Number(line) + 1}:`
}

async function caught(fn: () => unknown): Promise<unknown> {
  try {
    await fn()
  } catch (error) {
    return error
  }
  throw new Error('no error, expected one')
}

/** Expects `code`, with `place` in its details and in its text. */
function named(
  error: unknown,
  code: Extract<ErrorCode, 'TRACE_LEAK' | 'TRACED_VALUE' | 'UNBOUND'>,
  place: string,
): void {
  expect(isSnnError(error, code), String(error)).toBe(true)
  const { details, message } = error as { details: { place: string }; message: string }
  expect(details.place).toContain(place)
  expect(message).toContain(details.place)
}

describe('TRACE_LEAK names the place', () => {
  it('of an intermediate used in the next trace', async () => {
    let leaked: Tensor | undefined
    let place = ''
    const first = compile(
      (x: Tensor) => {
        place = nextLine()
        leaked = x.exp()
        return leaked
      },
      { backend },
    )
    await first(x)
    named(await caught(() => compile((x: Tensor) => x.add(leaked!), { backend })(x)), 'TRACE_LEAK', place)
  })

  it('of a tensor of a step used after the scan', () => {
    let leaked: Tensor | undefined
    let place = ''
    const step = (s: Tensor, x: Tensor) => {
      place = nextLine()
      leaked = s.mul(x)
      return [leaked, {}] as const
    }
    scan(step, scalar(1), tensor([1, 2, 3]))
    return caught(() => leaked!.add(1)).then((error) => named(error, 'TRACE_LEAK', place))
  })

  it('of a tensor of a step assigned to a Variable outside of it', async () => {
    const cell = variable(x)
    let place = ''
    const run = compile(
      (xs: Tensor) => {
        let leaked: Tensor | undefined
        scan(
          (_: object, x: Tensor) => {
            place = nextLine()
            leaked = x.mul(2)
            return [{}, leaked] as const
          },
          {},
          xs,
        )
        cell.assign(leaked!)
        return {}
      },
      { backend },
    )
    named(await caught(() => run({ data: new Float32Array(6), shape: [3, 2] })), 'TRACE_LEAK', place)
    expect([...(await cell.data())]).toEqual([1, 2])
  })

  it('of a tensor of a step returned from the whole trace', async () => {
    let place = ''
    const run = compile(
      (xs: Tensor) => {
        let leaked: Tensor | undefined
        scan(
          (_: object, x: Tensor) => {
            place = nextLine()
            leaked = x.mul(2)
            return [{}, leaked] as const
          },
          {},
          xs,
        )
        return leaked!
      },
      { backend },
    )
    named(await caught(() => run({ data: new Float32Array(6), shape: [3, 2] })), 'TRACE_LEAK', place)
  })
})

describe('TRACED_VALUE names the place', () => {
  const uses: Record<string, (x: Tensor, y: Tensor) => unknown> = {
    'x < y': (x, y) => x < y,
    'x + y': (x, y) => (x as unknown as number) + (y as unknown as number),
    'a template': (x) => `value ${x as unknown as string}`,
    'Math.max': (x) => Math.max(x as unknown as number, 0),
  }
  it.each(Object.entries(uses))('%s', async (_, use) => {
    let place = ''
    const run = compile(
      (x: Tensor) => {
        place = nextLine()
        const y = x.mul(2)
        use(y, y)
        return y
      },
      { backend },
    )
    named(await caught(() => run(x)), 'TRACED_VALUE', place)
  })

  it('data() in a trace', async () => {
    let value: Promise<unknown> | undefined
    let place = ''
    const run = compile(
      (x: Tensor) => {
        place = nextLine()
        const y = x.mul(2)
        value = caught(() => y.data())
        return y
      },
      { backend },
    )
    await run(x)
    named(await value, 'TRACED_VALUE', place)
  })
})

describe('outside of traces', () => {
  it('data() needs no backend for small graphs', async () => {
    expect([
      ...(await tensor([1, 2])
        .add(zeros([3, 2]))
        .data()),
    ]).toEqual([1, 2, 1, 2, 1, 2])
  })
  it('data() names a placeholder without a value', async () => {
    const place = nextLine()
    const free = placeholder([2])
    named(await caught(() => free.add(1).data()), 'UNBOUND', place)
  })
  it('a Variable is not read', async () => {
    const error = await caught(() => variable(x, { name: 'weight' }).read())
    expect(isSnnError(error, 'OUTSIDE_TRACE') && error.details.variable).toBe('weight')
  })
})
