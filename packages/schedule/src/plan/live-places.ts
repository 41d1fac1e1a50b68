import type { Tensor } from '@snn/tensor'
import { at, blocksOf, bytesOf, type Place } from '../place.js'
import type { Block } from './arena.js'

/** The clock of liveness, which all levels of a program share, and the blocks that live by it. */
export interface Clock {
  /** Number of tasks planned so far. */
  time: number
  readonly blocks: Block[]
}

/** A block of the arena that begins to live at `from`. */
export function newBlock({ blocks }: Pick<Clock, 'blocks'>, bytes: number, from: number, to = from): Place {
  const block: Block = { bytes, from, to, offset: 0 }
  blocks.push(block)
  return at({ kind: 'block', block })
}

/** Where the values of one level lie; what is used lives until then. */
export class LivePlaces {
  readonly #clock: Clock
  readonly #base: (tensor: Tensor) => Tensor
  readonly #places = new Map<Tensor, Place>()
  /** The destination that a tensor is written to directly. */
  readonly #direct = new Map<Tensor, Place>()

  /** `base`: the tensor whose memory a tensor is. */
  constructor(clock: Clock, base: (tensor: Tensor) => Tensor) {
    this.#clock = clock
    this.#base = base
  }

  set(tensor: Tensor, place: Place): void {
    this.#places.set(tensor, place)
  }

  find(tensor: Tensor): Place | undefined {
    return this.#places.get(this.#base(tensor))
  }

  /** Where a tensor lies that is given or has been made. */
  of(tensor: Tensor): Place {
    return this.find(tensor)!
  }

  /** A tensor that is made later goes to `place`, unless it lies or goes elsewhere already. */
  direct(tensor: Tensor, place: Place): void {
    const base = this.#base(tensor)
    if (!this.#places.has(base) && !this.#direct.has(base)) this.#direct.set(base, place)
  }

  /** What lies there must live until now. */
  touch(place: Place): void {
    for (const block of blocksOf(place)) block.to = Math.max(block.to, this.#clock.time)
  }

  /** Reads the value now. */
  use(tensor: Tensor): Place {
    const place = this.of(tensor)
    this.touch(place)
    return place
  }

  /** A place for a tensor made now: its destination, or a block. */
  define(tensor: Tensor): Place {
    const place = this.#direct.get(tensor) ?? newBlock(this.#clock, bytesOf(tensor), this.#clock.time)
    this.touch(place)
    this.#places.set(tensor, place)
    return place
  }
}
