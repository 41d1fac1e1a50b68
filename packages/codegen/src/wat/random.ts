import type { MemoryType } from '../memory-type.js'
import { f32, f32x4, globalsOf, i32, i32x4, i64x2, v128, words } from './functions/text.js'
import { printModule } from './module.js'
import { get, set } from './text.js'

const splat = (value: string): string => `(i32x4.splat ${value})`
const advance = (name: string, by: number): string => set(name, `(i32.add ${get(name)} (i32.const ${by}))`)

/** Locals with the key of each round. */
const keys = Array.from({ length: 10 }, (_, round) => [`k0.${round}`, `k1.${round}`] as const)
const counter = ['c0', 'c1', 'c2', 'c3'] as const

/** One round on four blocks: lane i of `c0` is the first word of block i. */
const round = ([k0, k1]: readonly [string, string]): string[] => {
  const product = (name: string, c: string, factor: number): string[] => [
    set(`${name}.low`, i64x2.extmul_low_i32x4_u(get(c), i32(factor))),
    set(`${name}.high`, i64x2.extmul_high_i32x4_u(get(c), i32(factor))),
  ]
  const low = (name: string): string => words([0, 2, 4, 6], get(`${name}.low`), get(`${name}.high`))
  const high = (name: string): string => words([1, 3, 5, 7], get(`${name}.low`), get(`${name}.high`))
  return [
    ...product('p0', 'c0', 0xd2511f53),
    ...product('p1', 'c2', 0xcd9e8d57),
    set('c0', v128.xor(v128.xor(high('p1'), get('c1')), get(k0))),
    set('c1', low('p1')),
    set('c2', v128.xor(v128.xor(high('p0'), get('c3')), get(k1))),
    set('c3', low('p0')),
  ]
}

/** Word `w` of block i, in lane i of `c<w>`, to lane w of `c<i>`. */
const transpose: readonly string[] = [
  ...[0, 2].flatMap((w) => [
    set(`p${w / 2}.low`, words([0, 4, 1, 5], get(`c${w}`), get(`c${w + 1}`))),
    set(`p${w / 2}.high`, words([2, 6, 3, 7], get(`c${w}`), get(`c${w + 1}`))),
  ]),
  set('c0', words([0, 1, 4, 5], get('p0.low'), get('p1.low'))),
  set('c1', words([2, 3, 6, 7], get('p0.low'), get('p1.low'))),
  set('c2', words([0, 1, 4, 5], get('p0.high'), get('p1.high'))),
  set('c3', words([2, 3, 6, 7], get('p0.high'), get('p1.high'))),
]

const uniform = (word: string): string => f32x4.mul(f32x4.convert_i32x4_s(i32x4.shr_u(word, 8)), f32(2 ** -24))

const body = [
  ...keys.flatMap(([k0, k1], i) => [
    set(k0, splat(`(i32.add ${get('key0')} (i32.const ${(i * 0x9e3779b9) >>> 0}))`)),
    set(k1, splat(`(i32.add ${get('key1')} (i32.const ${(i * 0xbb67ae85) >>> 0}))`)),
  ]),
  '(block $last (loop $blocks',
  set('c0', i32x4.add(splat(get('block')), '(v128.const i32x4 0 1 2 3)')),
  set('c1', i32(0)),
  set('c2', splat(get('offset'))),
  set('c3', i32(0)),
  ...keys.flatMap(round),
  ...transpose,
  ...counter.flatMap((block) => [
    set('four', uniform(get(block))),
    `(br_if $last (i32.lt_u ${get('length')} (i32.const 4)))`,
    `(v128.store ${get('address')} ${get('four')})`,
    advance('address', 16),
    advance('length', -4),
  ]),
  advance('block', 4),
  '(br $blocks)))',
  ...[0, 1, 2].map((lane) => `(if (i32.gt_u ${get('length')} (i32.const ${lane})) (then (v128.store32_lane offset=${4 * lane} ${lane} ${get('address')} ${get('four')})))`),
]

/** Numbers in one block of the kernel: of all but the last. */
export const randomBlock = 4096

/** Where `run` finds what it needs, as words from its first argument on. */
export const randomWords = ['address', 'offset', 'length', 'key0', 'key1'] as const

/**
 * A kernel as WebAssembly text: `run(args, first, last, thread)` writes the blocks from `first` to before `last` of `length` uniform numbers
 * in [0, 1) as float32 at `address`: bit for bit what `fillUniform` of @snn/tensor gives, by Philox4x32-10 (Salmon et al. 2011), four of its
 * blocks at a time.
 */
export function printRandom(memory: MemoryType): string {
  return printModule(memory, [
    ...globalsOf(body.join('\n')),
    '(func (export "run") (param $args i32) (param $first i32) (param $last i32) (param $thread i32)',
    ...[...randomWords, 'block', 'most'].map((name) => `(local $${name} i32)`),
    ...[...keys.flat(), ...counter, 'p0.low', 'p0.high', 'p1.low', 'p1.high', 'four'].map((name) => `(local $${name} v128)`),
    ...randomWords.map((name, i) => set(name, `(i32.load offset=${4 * i} ${get('args')})`)),
    set('address', `(i32.add ${get('address')} (i32.mul ${get('first')} (i32.const ${4 * randomBlock})))`),
    set('block', `(i32.mul ${get('first')} (i32.const ${randomBlock / 4}))`),
    set('length', `(i32.sub ${get('length')} (i32.mul ${get('first')} (i32.const ${randomBlock})))`),
    set('most', `(i32.mul (i32.sub ${get('last')} ${get('first')}) (i32.const ${randomBlock}))`),
    set('length', `(select ${get('length')} ${get('most')} (i32.lt_u ${get('length')} ${get('most')}))`),
    ...body,
    ')',
  ])
}
