import type { Pickled, PickleMachine, Special } from './pickle-machine.js'

type Fail = PickleMachine['fail']

export const isSpecial = (value: Pickled | undefined): value is Special =>
  typeof value === 'object' && value !== null && 'kind' in value

/** What a call in a pickle gives: those of NumPy's arrays, types and scalars alone. */
export function callOf(target: Pickled, parameters: Pickled, fail: Fail): Pickled {
  const name = typeof target === 'object' && target !== null && 'global' in target ? target.global : ''
  const list = Array.isArray(parameters) ? parameters : []
  if (/^numpy\.(_core|core)\.multiarray\._reconstruct$/.test(name)) return { kind: 'array', name: '', items: [] }
  if (name === 'numpy.dtype') return { kind: 'dtype', name: typeof list[0] === 'string' ? list[0] : '', items: [] }
  if (/^numpy\.(_core|core)\.multiarray\.scalar$/.test(name))
    return numbersIn(list[1], list[0], fail)[0] ?? fail('an empty scalar')
  if (name === '_codecs.encode' && typeof list[0] === 'string')
    return Uint8Array.from(list[0], (character) => character.charCodeAt(0))
  return fail(`a call of ${name || 'what is no function'}, expected plain data`)
}

/** Gives an array its items, from the state (version, shape, dtype, is Fortran's order, content). */
export function setState(target: Pickled, state: Pickled, fail: Fail): void {
  if (!isSpecial(target) || !Array.isArray(state)) return fail('a state for what has none')
  if (target.kind === 'dtype') return
  const [, , dtype, , content] = state
  target.items = Array.isArray(content) ? content : numbersIn(content, dtype, fail)
}

function numbersIn(content: Pickled | undefined, dtype: Pickled | undefined, fail: Fail): number[] {
  const name = isSpecial(dtype) ? dtype.name : ''
  const [, kind, digits] = /^([iuf])([1248])$/.exec(name) ?? []
  if (!(content instanceof Uint8Array) || !kind) return fail(`an array of dtype ${name || 'unknown'}`)
  const size = Number(digits)
  const values = new DataView(content.buffer, content.byteOffset, content.length)
  return Array.from({ length: Math.floor(content.length / size) }, (_, i) => {
    const p = i * size
    if (kind === 'f') return size === 8 ? values.getFloat64(p, true) : values.getFloat32(p, true)
    if (size === 8) return values.getInt32(p + 4, true) * 2 ** 32 + values.getUint32(p, true)
    if (size === 4) return kind === 'i' ? values.getInt32(p, true) : values.getUint32(p, true)
    if (size === 2) return kind === 'i' ? values.getInt16(p, true) : values.getUint16(p, true)
    return kind === 'i' ? values.getInt8(p) : values.getUint8(p)
  })
}
