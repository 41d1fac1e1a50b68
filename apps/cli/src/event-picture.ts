import { encode } from 'fast-png'
import { downsample, toFrames, toTimeUnit, type Events } from '@snn/datasets'

/** A row of a contact sheet. */
export interface SheetRow {
  readonly title: string
  readonly events: Events
}

const background = [18, 18, 24] as const
const brighter = [96, 170, 255] as const
const darker = [255, 112, 72] as const
const line = [70, 70, 80] as const
/** Pixels of a picture's longer side, and between pictures. */
const side = 112
const gap = 2

/**
 * A PNG of pictures of events: a row for each recording, `columns` pictures from its start to its end, brighter blue,
 * darker orange. Counts are shown as 1 - exp(-count / mean), where the mean is that of the pixels of the row that have
 * events.
 */
export function contactSheet(rows: readonly SheetRow[], columns: number): Uint8Array {
  const drawn = rows.map(({ events }) => drawable(events))
  const [width, height] = [
    Math.max(...drawn.map(({ events, factor }) => events.sensor.width * factor)),
    Math.max(...drawn.map(({ events, factor }) => events.sensor.height * factor)),
  ]
  const [sheetWidth, sheetHeight] = [columns * (width + gap) + gap, rows.length * (height + gap) + gap]
  const data = new Uint8Array(sheetWidth * sheetHeight * 3)
  for (let i = 0; i < data.length; i++) data[i] = line[i % 3]!
  drawn.forEach(({ events, factor }, row) => {
    const { sensor } = events
    const { data: counts } = toFrames({ by: 'time', n: columns })(events)
    const strength = meanOf(counts)
    const shown = (frame: number, p: number, y: number, x: number): number =>
      1 - Math.exp(-counts[((frame * sensor.polarities + p) * sensor.height + y) * sensor.width + x]! / strength)
    for (let frame = 0; frame < columns; frame++) {
      for (let y = 0; y < sensor.height * factor; y++) {
        for (let x = 0; x < sensor.width * factor; x++) {
          const at = 3 * ((gap + row * (height + gap) + y) * sheetWidth + gap + frame * (width + gap) + x)
          const off = sensor.polarities > 1 ? shown(frame, 0, Math.floor(y / factor), Math.floor(x / factor)) : 0
          const on = shown(frame, sensor.polarities > 1 ? 1 : 0, Math.floor(y / factor), Math.floor(x / factor))
          for (let c = 0; c < 3; c++)
            data[at + c] = Math.min(
              255,
              background[c]! + on * (brighter[c]! - background[c]!) + off * (darker[c]! - background[c]!),
            )
        }
      }
    }
  })
  return encode({ width: sheetWidth, height: sheetHeight, data, channels: 3, depth: 8 })
}

/** The events on a sensor that is small enough, and how many times each of its pixels is drawn. */
function drawable(events: Events): { readonly events: Events; readonly factor: number } {
  const { width, height } = events.sensor
  const longer = Math.max(width, height)
  if (longer <= 2 * side) return { events, factor: Math.max(1, Math.floor(side / longer)) }
  const reduce = (n: number): number => Math.max(1, Math.round((n * 2 * side) / longer))
  return { events: downsample({ target: [reduce(width), reduce(height)] })(events), factor: 1 }
}

function meanOf(counts: ArrayLike<number>): number {
  let [sum, pixels] = [0, 0]
  for (let i = 0; i < counts.length; i++) {
    sum += counts[i]!
    if (counts[i]! > 0) pixels++
  }
  return sum / pixels || 1
}

const panel = { width: 640, height: 180, left: 48, top: 22, bottom: 24 } as const
/** More spikes than this are thinned out evenly. */
const mostSpikes = 20_000

/** Whether a recording is of sound: one line of channels, or two, of two ears. */
export const isSound = ({ sensor }: Events): boolean => sensor.height <= 2

/**
 * An SVG of rasters: a panel for each recording, time in ms to the right, channels upwards, those of a second ear above
 * the first.
 */
export function rasterSvg(rows: readonly SheetRow[]): string {
  const total = panel.top + panel.height + panel.bottom
  const text = (x: number, y: number, content: string, anchor = 'start'): string =>
    `<text x="${x}" y="${y}" text-anchor="${anchor}">${escape(content)}</text>`
  const panels = rows.map(({ title, events }, row) => {
    const { t, x, y, sensor } = toTimeUnit(events, 'ms')
    const channels = sensor.width * sensor.height
    const first = t[0] ?? 0
    const span = (t.at(-1) ?? 1) - first || 1
    const step = Math.max(1, Math.ceil(t.length / mostSpikes))
    let path = ''
    for (let i = 0; i < t.length; i += step) {
      path += `M${round(panel.left + ((t[i]! - first) / span) * panel.width)} ${round(panel.top + panel.height * (1 - (y[i]! * sensor.width + x[i]! + 0.5) / channels))}h0`
    }
    const bottom = panel.top + panel.height
    return [
      `<g transform="translate(0 ${row * total})">`,
      `<rect x="${panel.left}" y="${panel.top}" width="${panel.width}" height="${panel.height}" fill="none" stroke="#999"/>`,
      text(panel.left, panel.top - 7, title),
      text(panel.left - 6, panel.top + 10, String(channels), 'end'),
      text(panel.left - 6, bottom, '0', 'end'),
      text(panel.left, bottom + 16, '0'),
      text(panel.left + panel.width, bottom + 16, `${round(span)} ms`, 'end'),
      `<path d="${path}" stroke="#1d4ed8" stroke-width="1.6" stroke-linecap="round"/>`,
      '</g>',
    ].join('\n')
  })
  const [width, height] = [panel.left + panel.width + 16, rows.length * total]
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="12">\n<rect width="100%" height="100%" fill="white"/>\n${panels.join('\n')}\n</svg>\n`
}

const round = (value: number): number => Math.round(value * 10) / 10
const escape = (value: string): string => value.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
