import { SnnError } from '@snn/tensor'

/** Samples a second, of the time between `start` and `stop` alone. */
export class Rate {
  #samples = 0
  #before = 0
  #started: number | undefined

  start(): void {
    this.#started = performance.now()
  }

  stop(): void {
    this.#before = this.seconds
    this.#started = undefined
  }

  add(samples: number): void {
    this.#samples += samples
  }

  get seconds(): number {
    return this.#before + (this.#started === undefined ? 0 : (performance.now() - this.#started) / 1000)
  }

  get perSecond(): number {
    return this.#samples / Math.max(this.seconds, 1e-9)
  }

  /** Seconds that so many samples will take; 0 when nothing has been measured. */
  secondsFor(samples: number): number {
    return this.#samples === 0 ? 0 : samples / this.perSecond
  }
}

/** Throws `ARGUMENT` unless the option is a whole number of at least `least`. */
export function checkCount(name: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return
  throw new SnnError('ARGUMENT', `[fit] ${name} ${value}, expected a whole number of at least ${least}.`, {
    name,
    value,
  })
}
