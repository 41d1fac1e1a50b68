import { encode } from 'fast-png'
import { toFrames, toTimeUnit, type Events } from '@snn/datasets'

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
 * A PNG of pictures of events: a row for each recording, `columns` pictures from its start to its end, brighter blue, darker orange.
 * Counts are shown as 1 - exp(-count / mean), where the mean is that of the pixels of the row that have events.
 */
export function contactSheet(rows: readonly SheetRow[], columns: number): Uint8Array {
  const [width, height] = [0, 1].map((axis) => Math.max(...rows.map(({ events: { sensor } }) => scaled(sensor)[axis]!))) as [number, number]
  const [sheetWidth, sheetHeight] = [columns * (width + gap) + gap, rows.length * (height + gap) + gap]
  const data = new Uint8Array(sheetWidth * sheetHeight * 3)
  for (let i = 0; i < data.length; i++) data[i] = line[i % 3]!
  rows.forEach(({ events }, row) => {
    const { sensor } = events
    const { data: counts } = toFrames({ by: 'time', n: columns })(events)
    const plane = sensor.width * sensor.height
    const strength = meanOf(counts)
    const [w, h] = scaled(sensor)
    for (let column = 0; column < columns; column++) {
      const left = gap + column * (width + gap)
      const top = gap + row * (height + gap)
      for (let y = 0; y < h; y++) {
        for (let x = 0; x < w; x++) {
          const at = 3 * ((top + y) * sheetWidth + left + x)
          const [off, on] = [0, sensor.polarities > 1 ? 1 : 0].map((p) => shown(counts, (column * sensor.polarities + p) * plane, sensor, x / w, y / h, (x + 1) / w, (y + 1) / h, strength))
          for (let c = 0; c < 3; c++) data[at + c] = Math.min(255, background[c]! + on! * (brighter[c]! - background[c]!) + (sensor.polarities > 1 ? off! * (darker[c]! - background[c]!) : 0))
        }
      }
    }
  })
  return encode({ width: sheetWidth, height: sheetHeight, data, channels: 3, depth: 8 })
}

/** The size at which a sensor is drawn: enlarged by a whole number, or reduced. */
function scaled({ width, height }: Events['sensor']): [number, number] {
  const longer = Math.max(width, height)
  const factor = longer <= side ? Math.floor(side / longer) : (2 * side) / Math.max(longer, 2 * side)
  return [Math.max(1, Math.round(width * factor)), Math.max(1, Math.round(height * factor))]
}

function meanOf(counts: ArrayLike<number>): number {
  let [sum, pixels] = [0, 0]
  for (let i = 0; i < counts.length; i++) {
    sum += counts[i]!
    if (counts[i]! > 0) pixels++
  }
  return sum / pixels || 1
}

/** The strongest pixel within a box, so that nothing is lost when the picture is reduced. */
function shown(counts: ArrayLike<number>, from: number, { width, height }: Events['sensor'], left: number, top: number, right: number, bottom: number, strength: number): number {
  let most = 0
  const [x0, y0] = [Math.floor(left * width + 1e-9), Math.floor(top * height + 1e-9)]
  const [x1, y1] = [Math.max(x0 + 1, Math.ceil(right * width - 1e-9)), Math.max(y0 + 1, Math.ceil(bottom * height - 1e-9))]
  for (let y = y0; y < y1; y++) for (let x = x0; x < x1; x++) most = Math.max(most, counts[from + y * width + x]!)
  return 1 - Math.exp(-most / strength)
}

const panel = { width: 640, height: 180, left: 48, top: 22, bottom: 24 } as const
/** More spikes than this are thinned out evenly. */
const mostSpikes = 20_000

/** An SVG of rasters: a panel for each recording, time in ms to the right, channels upwards. */
export function rasterSvg(rows: readonly SheetRow[]): string {
  const total = panel.top + panel.height + panel.bottom
  const text = (x: number, y: number, content: string, anchor = 'start'): string => `<text x="${x}" y="${y}" text-anchor="${anchor}">${escape(content)}</text>`
  const panels = rows.map(({ title, events }, row) => {
    const { t, x, sensor } = toTimeUnit(events, 'ms')
    const first = t[0] ?? 0
    const span = (t.at(-1) ?? 1) - first || 1
    const step = Math.max(1, Math.ceil(t.length / mostSpikes))
    let path = ''
    for (let i = 0; i < t.length; i += step) {
      path += `M${round(panel.left + ((t[i]! - first) / span) * panel.width)} ${round(panel.top + panel.height * (1 - (x[i]! + 0.5) / sensor.width))}h0`
    }
    const bottom = panel.top + panel.height
    return [
      `<g transform="translate(0 ${row * total})">`,
      `<rect x="${panel.left}" y="${panel.top}" width="${panel.width}" height="${panel.height}" fill="none" stroke="#999"/>`,
      text(panel.left, panel.top - 7, title),
      text(panel.left - 6, panel.top + 10, String(sensor.width), 'end'),
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
