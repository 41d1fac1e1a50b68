import type { OnnxTensor } from '../graph.js'
import { NotUnderstood } from '../errors.js'
import { parse } from './parse.js'

/** The arrays and the metadata of a model file, as they stand in it: nothing folded, nothing left out. */
export interface ModelContents {
  readonly constants: ReadonlyMap<string, OnnxTensor>
  readonly metadata: Readonly<Record<string, string>>
}

/** Reads the arrays and the metadata of a model file. Throws `ONNX_INVALID` for a malformed one. */
export function readContents(bytes: Uint8Array): ModelContents {
  const { constants, model } = parse(bytes, {})
  const known = [...constants].filter((entry): entry is [string, OnnxTensor] => !(entry[1] instanceof NotUnderstood))
  return {
    constants: new Map(known),
    metadata: Object.fromEntries(model.metadataProps.map(({ key, value }) => [key ?? '', value ?? ''])),
  }
}
