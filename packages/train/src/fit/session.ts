import { SnnError, type HostTensor } from '@snn/tensor'

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

/** The value of a loss, a scalar or the mean of one value for each sample. Throws `NOT_FINITE` when it is no number. */
export function finiteLoss({ data }: HostTensor, epoch: number, batch: number): number {
  let sum = 0
  for (const value of data) sum += value
  const loss = sum / data.length
  if (Number.isFinite(loss)) return loss
  const place = `epoch ${epoch}, batch ${batch}`
  throw new SnnError('NOT_FINITE', `[fit] the loss is ${loss} at ${place}, expected a finite number. Lower the learning rate, clip gradients, or look at the data (labels outside of the classes count as NaN); compile with check: 'nan' names the operation.`, { place })
}

/** Throws `ARGUMENT` unless the option is a whole number of at least `least`. */
export function checkCount(name: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return
  throw new SnnError('ARGUMENT', `[fit] ${name} ${value}, expected a whole number of at least ${least}.`, { name, value })
}
