/**
 * What a changeset is about, as its text says in front: `Conversion: ...`. Changelogs are told in this order: what one
 * writes, trains, converts and deploys, then what runs it.
 */
export const areas = [
  'Tensors',
  'Neurons',
  'Networks',
  'Training',
  'Conversion',
  'ONNX',
  'Data',
  'Chips',
  'Command line',
  'Backends',
  'Speed',
  'Errors',
] as const

export type Area = (typeof areas)[number]

/** The area of a changeset's text, and the text without it; no area where it names none. */
export function splitArea(summary: string): { readonly area: Area | undefined; readonly text: string } {
  const [whole, name] = /^([A-Z][A-Za-z ]*): /.exec(summary) ?? []
  const area = areas.find((one) => one === name)
  return area ? { area, text: summary.slice(whole!.length) } : { area: undefined, text: summary }
}
