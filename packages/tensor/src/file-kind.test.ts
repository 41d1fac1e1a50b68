import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fileKind } from './file-kind.js'

const text = (value: string): Uint8Array => Buffer.from(value, 'latin1')
/** A ZIP archive of empty members as far as its beginning goes: one local header after the other. */
const zip = (...names: readonly string[]): Uint8Array =>
  Buffer.concat(
    names.map((name) =>
      Buffer.concat([
        text('PK\u0003\u0004'),
        Buffer.alloc(22),
        Buffer.from(Uint16Array.of(name.length, 0).buffer),
        text(name),
      ]),
    ),
  )

describe('fileKind', () => {
  it.each<[string, Uint8Array]>([
    ['empty', new Uint8Array(0)],
    ['html', text('\n <!DOCTYPE html>\n<html lang="en">')],
    ['html', text('<html><head><title>404</title>')],
    ['xml', text('<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>')],
    ['git-lfs', text('version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n')],
    ['git-annex', text('/annex/objects/SHA256E-s12--4d7a.onnx\n')],
    ['torch', zip('archive/data.pkl')], // torch.save of torch 2.13.0 begins with this member
    ['torch', zip('net/.format_version', 'net/data.pkl')],
    ['keras', zip('metadata.json', 'config.json', 'model.weights.h5')], // keras 3.15.1
    ['npz', zip('x.npy', 'y.npy')],
    ['zip', zip('readme.md')],
    ['pickle', text('\x80\x04\x95\x10\x00\x00\x00\x00')],
    ['hdf5', text('\x89HDF\r\n\x1a\n\0\0')],
    ['hdf5', Buffer.concat([Buffer.alloc(512), text('\x89HDF\r\n\x1a\n')])],
    ['tflite', text('\x1c\0\0\0TFL3\x14\0')],
    ['ort', text('\x1c\0\0\0ORTM\x14\0')],
    ['safetensors', text('\x40\0\0\0\0\0\0\0{"w":{"dtype":"F32"')],
    ['safetensors', Uint8Array.from([0x80, 0x02, 0, 0, 0, 0, 0, 0, ...text('{"w":{"dtype":"F32"')])],
    ['npy', text('\x93NUMPY\x01\0')],
    ['png', text('\x89PNG\r\n\x1a\n')],
    ['jpeg', text('\xff\xd8\xff\xe0\0\x10JFIF')],
    ['gzip', gzipSync('x')],
    ['zstd', text('\x28\xb5\x2f\xfd\x24\x01')],
    ['tar', Buffer.concat([text('a.onnx'), Buffer.alloc(251), text('ustar\0')])],
    ['idx', text('\0\0\x08\x03\0\0\xea\x60')],
    ['json', text('{ "format": "graph-model" }')],
    ['text', text('t,x,y,p\n1,2,3,1\n')],
  ])('%s', (id, bytes) => {
    expect(fileKind(bytes)?.id).toBe(id)
  })

  it('takes no ONNX model for anything else', () => {
    // field 1 (ir_version) or 7 (graph) first, as every exporter writes it
    expect(fileKind(text('\x08\x0a\x12\x07pytorch\x1a\x062.13.0:\x90\x01\x0a'))).toBeUndefined()
    expect(fileKind(text('\x3a\x90\x01\x0a\x10\x0a\x01x\x12\x01y"\x04Relu'))).toBeUndefined()
  })

  it('answers for any bytes, and by the first 1032 alone', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
        expect(fileKind(bytes.slice(0, 1032))).toEqual(fileKind(bytes))
      }),
    )
  })
})
