import { create, toBinary } from '@bufbuild/protobuf'
import { isSnnError } from '@snn/tensor'
import { mkdtemp, mkdir, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readOnnxFile } from './node.js'
import { ModelProtoSchema, TensorProto_DataLocation } from './proto/onnx_pb.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snn-onnx-'))
  await mkdir(join(folder, 'model/data'), { recursive: true })
  const bytes = new Uint8Array(Float32Array.of(1, 2).buffer)
  await Promise.all(
    ['secret.bin', 'model/w.bin', 'model/data/w.bin'].map((name) => writeFile(join(folder, name), bytes)),
  )
  await symlink(join(folder, 'secret.bin'), join(folder, 'model/link.bin'))
})
afterAll(() => rm(folder, { recursive: true }))

/** Writes a model whose constant lies at `location`; returns its path. */
async function modelWith(location: string): Promise<string> {
  const value = (name: string) => ({
    name,
    type: {
      value: {
        case: 'tensorType' as const,
        value: { elemType: 1, shape: { dim: [{ value: { case: 'dimValue' as const, value: 2n } }] } },
      },
    },
  })
  const w = {
    name: 'w',
    dims: [2n],
    dataType: 1,
    dataLocation: TensorProto_DataLocation.EXTERNAL,
    externalData: [{ key: 'location', value: location }],
  }
  const path = join(folder, 'model/model.onnx')
  await writeFile(
    path,
    toBinary(
      ModelProtoSchema,
      create(ModelProtoSchema, {
        irVersion: 8n,
        opsetImport: [{ version: 13n }],
        graph: {
          initializer: [w],
          node: [{ opType: 'Add', input: ['x', 'w'], output: ['y'] }],
          input: [value('x')],
          output: [value('y')],
        },
      }),
    ),
  )
  return path
}

describe('readOnnxFile', () => {
  it.each(['w.bin', 'data/w.bin', './data/../w.bin'])('reads external data at %s', async (location) => {
    const graph = await readOnnxFile(await modelWith(location))
    expect(graph.constants.get('w')!.data).toEqual(Float32Array.of(1, 2))
  })

  it('says which files it reads, external data by their real paths', async () => {
    const path = await modelWith('data/../w.bin')
    const read: string[] = []
    await readOnnxFile(path, { onFile: (file) => read.push(file) })
    expect(read).toEqual([path, await realpath(join(folder, 'model/w.bin'))])
  })

  it.each([
    '../secret.bin',
    '/etc/hostname',
    'data/../../secret.bin',
    'link.bin',
    'missing.bin',
    '.',
    'data',
    'w.bin\0',
  ])('refuses external data at %j', async (location) => {
    const error = await readOnnxFile(await modelWith(location)).catch((e: unknown) => e)
    expect(isSnnError(error, 'ONNX_INVALID')).toBe(true)
  })

  it('says where external data that are not there belong', async () => {
    const path = await modelWith('missing.bin')
    await expect(readOnnxFile(path)).rejects.toThrow(
      `external data "missing.bin": no such file beside the model, which keeps its weights there. Copy it into the folder of the model, ${await realpath(join(folder, 'model'))}, under this name.`,
    )
  })

  it('says when there is no file', async () => {
    const error = await readOnnxFile(join(folder, 'nothing.onnx')).catch((e: unknown) => e)
    expect(isSnnError(error, 'ARGUMENT')).toBe(true)
  })
})
