import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isSnnError } from '@snn/tensor'
import { readContents, writeOnnx, type OnnxTensor } from '@snn/onnx'

// Messages of Protocol Buffers that follow each other are merged: that is how constants get into a model here.

/** The TensorProtos that are the inputs or outputs of a test. */
export function protosIn(path: string, kind: 'input' | 'output'): Uint8Array[] {
  const data = join(path, 'test_data_set_0')
  const count = existsSync(data) ? readdirSync(data).filter((name) => name.startsWith(`${kind}_`)).length : 0
  return Array.from({ length: count }, (_, i) => readFileSync(join(data, `${kind}_${i}.pb`)))
}

/** A model with the value of an input, or of anything else, as a constant. */
export function withConstant(model: Uint8Array, name: string, value: Uint8Array): Uint8Array {
  const tensor = Buffer.concat([value, field(8, Buffer.from(name))])
  return Buffer.concat([model, field(7, field(5, tensor))])
}

function field(number: number, bytes: Uint8Array): Uint8Array {
  const length: number[] = []
  for (let rest = bytes.length; ; rest = Math.floor(rest / 128)) {
    length.push(rest < 128 ? rest : 128 + (rest % 128))
    if (rest < 128) break
  }
  return Buffer.concat([Uint8Array.of(number * 8 + 2, ...length), bytes])
}

const empty = writeOnnx({
  inputs: [{ name: 'x', dtype: 'float32', shape: [] }],
  outputs: [{ name: 'x', dtype: 'float32', shape: [] }],
  nodes: [],
  constants: {},
})

/** The tensor of a TensorProto in the types of a graph; undefined for one that is not of numbers. */
export function tensorOf(proto: Uint8Array): OnnxTensor | undefined {
  try {
    return readContents(withConstant(empty, 'v', proto)).constants.get('v')
  } catch (error) {
    if (isSnnError(error, 'ONNX_INVALID')) return undefined
    throw error
  }
}
