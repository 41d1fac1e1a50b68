import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  aedat2,
  atis,
  concatEvents,
  dat,
  eventStream,
  evt2,
  evt3,
  toFrames,
  toVoxelGrid,
  type Events,
  type SliceSpec,
  type StreamFormat,
} from '@snn/datasets'

/**
 * Events a second, on one core, from real recordings repeated to some millions of events: decoding from memory, and
 * events to frames. Time is that of the processor (the process has one busy thread), the best of some runs, so that it
 * holds on a busy machine. NumPy decodes the same bytes in the same run, as the readers of Python do, where python3 has
 * it.
 *
 * `npm run events` has the C library use huge pages and keep what was freed (GLIBC_TUNABLES, Linux): new arrays lie in
 * memory that the process has. Without, a third of the time and more goes into pages that the system hands out, on a
 * virtual machine above all, whatever decodes. The clock is that of a chain of additions: a processor that others use
 * too runs at a part of its own.
 */
const runs = 30
const goals = { decode: 50, frames: 30 }
const data = join(
  process.env['SNN_SHARED'] ?? fileURLToPath(new URL('../../../../shared', import.meta.url)),
  'data/events',
)

interface Row {
  readonly what: string
  readonly events: number
  /** Million events a second. */
  readonly rate: number
  readonly numpy?: number
  readonly goal?: number
}

function headerLength(bytes: Uint8Array, mark: string): number {
  let at = 0
  while (String.fromCharCode(...bytes.subarray(at, at + mark.length)) === mark) at = bytes.indexOf(0x0a, at) + 1
  return at
}

function repeated(bytes: Uint8Array, header: number, times: number): Uint8Array {
  const body = bytes.subarray(header)
  const out = new Uint8Array(header + times * body.length)
  out.set(bytes.subarray(0, header))
  for (let i = 0; i < times; i++) out.set(body, header + i * body.length)
  return out
}

/** Million events a second of the fastest run. */
function rateOf(events: number, work: () => unknown): number {
  let best = Infinity
  for (let run = 0; run < runs; run++) {
    const started = process.cpuUsage()
    work()
    const { user, system } = process.cpuUsage(started)
    best = Math.min(best, user + system)
  }
  return events / best
}

const read = (path: string): Uint8Array => new Uint8Array(readFileSync(join(data, path)))
const cases: readonly (readonly [
  name: string,
  format: StreamFormat,
  path: string,
  mark: string | number,
  times: number,
  numpy: boolean,
])[] = [
  ['EVT3', evt3, 'prophesee/evt3_gen41.raw', '% ', 20, false],
  ['EVT2', evt2, 'prophesee/evt2_gen3.raw', '% ', 10, true],
  ['AEDAT 2.0', aedat2, 'aedat2-dvs128/caixa_box.aedat', '#', 25, true],
  ['ATIS .bin', atis, 'nmnist/Test/0/00004.bin', 0, 1000, true],
  ['DAT', dat, 'ncars/sample_ncars_td.dat', 93, 2500, true],
  ['Event Stream', eventStream, 'event-stream/dvs.es', 20, 10, false],
]

const folder = mkdtempSync(join(tmpdir(), 'snn-bench-'))
const rows: Row[] = []
try {
  const decoded = new Map<string, Events>()
  for (const [name, format, path, mark, times, numpy] of cases) {
    const original = read(path)
    const header = typeof mark === 'number' ? mark : headerLength(original, mark)
    const bytes = repeated(original, header, times)
    decoded.set(name, format.decode(original))
    const count = format.decode(bytes).t.length
    const rate = rateOf(count, () => format.decode(bytes))
    const peer = numpy ? numpyRate(name, bytes, header, count) : undefined
    rows.push({
      what: `decode ${name}`,
      events: count,
      rate,
      goal: name === 'DAT' || name === 'Event Stream' ? 0 : goals.decode,
      ...(peer !== undefined && { numpy: peer }),
    })
  }
  const specs: readonly SliceSpec[] = [
    { by: 'number', n: 10 },
    { by: 'time', n: 10 },
    { by: 'timeWindow', window: 5_000_000 },
  ]
  for (const [name, times] of [
    ['AEDAT 2.0', 25],
    ['EVT2', 10],
    ['EVT3', 25],
  ] as const) {
    const one = decoded.get(name)!
    const span = one.t.at(-1)! - one.t[0]! + 1
    const events = concatEvents(
      Array.from({ length: times }, (_, i) => ({ ...one, t: one.t.map((t) => t + i * span) })),
    )
    const size = `${one.sensor.width} x ${one.sensor.height}`
    for (const spec of specs) {
      const scaled = spec.by === 'timeWindow' ? { ...spec, window: (span * times) / 10 } : spec
      rows.push({
        what: `frames by ${spec.by}, ${size}`,
        events: events.t.length,
        rate: rateOf(events.t.length, () => toFrames(scaled)(events)),
        goal: goals.frames,
      })
    }
    rows.push({
      what: `voxel grid, ${size}`,
      events: events.t.length,
      rate: rateOf(events.t.length, () => toVoxelGrid({ n: 10 })(events)),
    })
  }
} finally {
  rmSync(folder, { recursive: true })
}

/** The rate of NumPy on the same bytes, or undefined without it. */
function numpyRate(name: string, bytes: Uint8Array, header: number, count: number): number | undefined {
  const file = join(folder, 'recording')
  writeFileSync(file, bytes)
  const { stdout, status } = spawnSync(
    'python3',
    [fileURLToPath(new URL('events_numpy.py', import.meta.url)), name, file, String(header), String(runs)],
    { encoding: 'utf8' },
  )
  if (status !== 0) return undefined
  const { seconds, events } = JSON.parse(stdout) as { seconds: number; events: number }
  if (events !== count) throw new Error(`${name}: NumPy found ${events} events, expected ${count}`)
  return count / seconds / 1e6
}

/** Additions that wait for each other, thousand million a second: one a cycle. */
function clock(): number {
  const additions = 1e8
  return rateOf(additions, () => chain(additions)) / 1e3
}

function chain(length: number): number {
  let sum = 0
  for (let i = 0; i < length; i++) sum = (sum + 1) | 0
  return sum
}

const short = (rate: number | undefined): string => (rate === undefined ? '' : rate.toFixed(1))
console.log(
  `${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.version}; million events a second of processor time, best of ${runs}; clock ${clock().toFixed(2)} GHz\n`,
)
console.log('| what | events | M events/s | NumPy | goal |\n| --- | ---: | ---: | ---: | ---: |')
for (const { what, events, rate, numpy, goal } of rows)
  console.log(`| ${what} | ${events} | ${short(rate)} | ${short(numpy)} | ${goal ? goal : ''} |`)
const missed = rows.filter(({ rate, goal }) => goal !== undefined && rate < goal)
if (missed.length > 0) {
  console.error(`below the goal: ${missed.map(({ what }) => what).join(', ')}`)
  process.exitCode = 1
}
