import { sizeOf } from '@snn/tensor'
import type { NetLayer } from '../net/net-file.js'
import { isText, type NetTensor } from '../net/net-value.js'
import { refuse } from './refuse.js'

/** The values of one layer, each asked for with what it must be. */
export interface LayerValues {
  readonly name: string
  readonly kind: string
  has(path: string): boolean
  tensor(path: string): NetTensor | undefined
  need(path: string): NetTensor
  text(path: string): string
  /** Numbers cut toward zero, as `astype(int)`. */
  integers(path: string): Float64Array
  /** C, H, W or [N], of whole numbers from 1. */
  shape(): readonly number[]
}

export function layerValues({ kind, values }: NetLayer, name: string): LayerValues {
  const tensor = (path: string): NetTensor | undefined => {
    const value = values[path]
    if (value && isText(value)) throw refuse(name, kind, `${path} is text`, 'Write numbers.')
    return value
  }
  const need = (path: string): NetTensor => {
    const value = tensor(path)
    if (!value) throw refuse(name, kind, `${path} is not there`, `Write ${path}, as lava-dl does.`)
    if (value.data.length === 0) throw refuse(name, kind, `${path} is empty`, 'Write its numbers.')
    return value
  }
  return {
    name,
    kind,
    has: (path) => path in values || Object.keys(values).some((key) => key.startsWith(`${path}/`)),
    tensor,
    need,
    text(path) {
      const value = values[path]
      if (!value || !isText(value) || value.text.length === 0)
        throw refuse(name, kind, `${path} is not there, or no text`, `Write ${path} as text.`)
      return value.text[0]!
    },
    integers(path) {
      const data = new Float64Array(need(path).data)
      let strange: number | undefined
      for (let i = 0; i < data.length; i++) {
        data[i] = Math.trunc(data[i]!)
        if (!(Math.abs(data[i]!) < 2 ** 31)) strange ??= data[i]!
      }
      if (strange !== undefined) throw refuse(name, kind, `${path} holds ${strange}`, 'Write whole numbers of 32 bits.')
      return data
    },
    shape() {
      const shape = Array.from(need('shape').data)
      if (shape.some((n) => !Number.isInteger(n) || n < 1) || sizeOf(shape) > 2 ** 28)
        throw refuse(name, kind, `shape is [${shape.join(',')}]`, 'Write C, H, W or [N], each at least 1.')
      return shape
    },
  }
}
