import { invalid } from '../../invalid.js'
import { chosenSensor, type EventDecoder, type ReadOptions } from '../format.js'
import type { Sensor } from '../events.js'
import { assumedSensor, type ReadNote } from '../notes.js'
import { afterHeader, startsWith } from '../text-header.js'

export type RawFormat = 'EVT2' | 'EVT21' | 'EVT3'

interface RawHeader {
  readonly format: RawFormat | undefined
  readonly sensor: Sensor | undefined
  /** EVT2.1 whose two 32-bit halves are exchanged, as early cameras sent them. */
  readonly legacy: boolean
}

/**
 * What the `% name value` lines of a RAW file say: `% evt 3.0`, `% format EVT3;height=720;width=1280`, `% geometry
 * 1280x720`.
 */
function parseHeader(lines: readonly string[]): RawHeader {
  const fields = new Map(
    lines
      .map((line) => /^% ?(\S+) ?(.*)$/.exec(line))
      .flatMap((match) => (match ? [[match[1]!, match[2]!] as const] : [])),
  )
  const [name, ...parameters] = (fields.get('format') ?? '').split(';')
  const parameter = (key: string): string | undefined =>
    parameters.find((text) => text.startsWith(`${key}=`))?.slice(key.length + 1)
  const version = { '2.0': 'EVT2', '2.1': 'EVT21', '3.0': 'EVT3' }[fields.get('evt') ?? ''] as RawFormat | undefined
  const format = name === 'EVT2' || name === 'EVT21' || name === 'EVT3' ? name : version
  const geometry = /^(\d+)x(\d+)$/.exec(fields.get('geometry') ?? '')
  const width = Number(parameter('width') ?? geometry?.[1])
  const height = Number(parameter('height') ?? geometry?.[2])
  const stated =
    width >= 1 && height >= 1 && width <= 65536 && height <= 65536 ? { width, height, polarities: 2 } : undefined
  return {
    format,
    sensor: stated ?? sensorOfPlugin(fields.get('plugin_name') ?? ''),
    legacy: parameter('endianness') === 'legacy' || fields.get('endianness') === 'legacy',
  }
}

/** Older files name the camera's driver instead of its size. */
function sensorOfPlugin(plugin: string): Sensor | undefined {
  if (/gen3/.test(plugin)) return { width: 640, height: 480, polarities: 2 }
  if (/gen4|imx636/.test(plugin)) return { width: 1280, height: 720, polarities: 2 }
  if (/genx320/.test(plugin)) return { width: 320, height: 320, polarities: 2 }
  return undefined
}

/** Whether a file starts as a RAW file of this format. */
export function isRaw(head: Uint8Array, format: RawFormat): boolean {
  if (!startsWith(head, '% ')) return false
  const lines = new TextDecoder('latin1')
    .decode(head)
    .split(/\r?\n/)
    .filter((line) => line.startsWith('%'))
  return parseHeader(lines).format === format
}

/** The decoder of a RAW file after its header; `words` makes that of the words. */
export function rawDecoder(
  format: RawFormat,
  options: ReadOptions,
  file: string,
  otherwise: Sensor,
  words: (sensor: Sensor, legacy: boolean, notes: ReadNote[]) => EventDecoder,
): EventDecoder {
  const operation = format.toLowerCase()
  return afterHeader({ operation, file, mark: '% ', last: '% end' }, (lines) => {
    const header = parseHeader(lines)
    if (header.format !== undefined && header.format !== format)
      throw invalid(operation, file, `a header of ${header.format}, expected ${format}.`, 0)
    const sensor = chosenSensor(operation, options, header.sensor ?? otherwise)
    return words(sensor, header.legacy, sensor === otherwise ? [assumedSensor(otherwise)] : [])
  })
}

/** The header of a file that we write. */
export function rawHeader(format: RawFormat, { width, height }: Sensor): string {
  const version = { EVT2: '2.0', EVT21: '2.1', EVT3: '3.0' }[format]
  return `% evt ${version}\n% format ${format};height=${height};width=${width}\n% geometry ${width}x${height}\n% end\n`
}

/** That a camera's first events had no time yet. */
export const earlyNote = (count: number): ReadNote => ({
  about: 'skipped',
  count,
  text: 'events before the first time left out',
})

/**
 * The full time of a counter of `bits` bits that starts again from 0: it has done so when it falls by more than half of
 * its range. A smaller step back is the camera's disorder.
 */
export function unwrap(previous: number, next: number, bits: number): number {
  return previous - next > 2 ** (bits - 1) ? 1 : 0
}
