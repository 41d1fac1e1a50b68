import type { OnnxModelSpec, OnnxNode, OnnxTensor } from '../src/graph.js'

/** A small seeded generator (mulberry32): whole numbers below `n`. */
export function randomInts(seed: number): (n: number) => number {
  let state = seed >>> 0
  return (n) => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * n)
  }
}

/**
 * A damaged copy: truncated, with flipped bits, with a part spliced in from elsewhere in the file, or with a varint
 * blown up (a length, a size, an enumeration). Most damage is done near an end, where the structure of small-weight
 * files lies.
 */
export function mutate(bytes: Uint8Array, seed: number): Uint8Array {
  const below = randomInts(seed)
  const place = (): number =>
    below(4) === 0
      ? below(bytes.length)
      : below(2) === 0
        ? below(Math.min(bytes.length, 4096))
        : bytes.length - 1 - below(Math.min(bytes.length, 4096))
  switch (below(4)) {
    case 0:
      return bytes.slice(0, place())
    case 1: {
      const out = bytes.slice()
      for (let i = 1 + below(8); i > 0; i--) out[place()]! ^= 1 << below(8)
      return out
    }
    case 2: {
      const [from, to, length] = [place(), place(), 1 + below(64)]
      const part = bytes.subarray(from, from + length)
      return concat(bytes.subarray(0, to), part, bytes.subarray(to + (below(2) ? part.length : 0)))
    }
    default: {
      const at = place()
      const huge = [0xff, 0xff, 0xff, 0xff, 0x07].slice(below(4))
      return concat(bytes.subarray(0, at), Uint8Array.from(huge), bytes.subarray(at + 1 + below(huge.length)))
    }
  }
}

function concat(...parts: Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

function exchanged(list: readonly number[], at: number, by: number): number[] {
  return list.map((v, i) => (i === at ? by : v))
}

const hostile = [0, -1, 1, 2, 3, 7, 32, 2 ** 31 - 1, 2 ** 31, 2 ** 40, -(2 ** 31), 2 ** 53, 2 ** 63, -(2 ** 63)]

/**
 * A copy of the description with one to three whole numbers (attributes, shapes, integer constants) or names exchanged
 * for bad ones.
 */
export function mutateSpec(spec: OnnxModelSpec, seed: number): OnnxModelSpec {
  const below = randomInts(seed)
  const bad = (): number => hostile[below(hostile.length)]!
  let out = spec
  for (let i = 1 + below(3); i > 0; i--) {
    const at = below(out.nodes.length)
    const node = out.nodes[at]!
    const put = (change: Partial<OnnxNode>): void =>
      void (out = { ...out, nodes: out.nodes.map((n, j) => (j === at ? { ...n, ...change } : n)) })
    const names = Object.keys(node.attributes ?? {})
    const constants = Object.entries(out.constants).filter(([, t]) => t.dtype === 'int64' && t.data.length > 0)
    switch (below(5)) {
      case 0: {
        const name = names[below(names.length)]
        const value = name === undefined ? undefined : node.attributes![name]
        if (name !== undefined)
          put({
            attributes: {
              ...node.attributes,
              [name]:
                Array.isArray(value) && value.length > 0
                  ? exchanged(value as number[], below(value.length), bad())
                  : below(2)
                    ? bad()
                    : [bad(), bad()],
            },
          })
        break
      }
      case 1: {
        const [name, tensor] = constants[below(constants.length)] ?? []
        if (!name || !tensor) break
        const data = BigInt64Array.from(tensor.data as BigInt64Array)
        data[below(data.length)] = BigInt.asIntN(64, BigInt(bad()))
        out = {
          ...out,
          constants: { ...(out.constants as Record<string, OnnxTensor>), [name]: { ...tensor, data } as OnnxTensor },
        }
        break
      }
      case 2:
        out = {
          ...out,
          inputs: out.inputs.map((v) => ({
            ...v,
            shape: v.shape!.map((d) => (below(3) === 0 ? Math.min(Math.abs(bad()), 2 ** 40) : d)),
          })),
        }
        break
      case 3: {
        const all = [
          ...Object.keys(out.constants),
          ...out.inputs.map((v) => v.name),
          ...out.nodes.slice(0, at).flatMap((n) => n.outputs),
        ]
        put({ inputs: node.inputs.map((name) => (below(2) ? all[below(all.length)]! : name)) })
        break
      }
      default:
        put({ inputs: below(2) ? node.inputs.slice(1) : [...node.inputs, node.inputs[0] ?? 'x'] })
    }
  }
  return out
}
