import { SnnError } from '@snn/tensor'
import { checkByRules, checkMembers } from '@snn/tensor/library'
import { checkStepOptions } from '../arguments.js'
import type { EventData, TimeGriddedData, ValuedEventData } from './data.js'
import { eventRules, stepRules } from '../option-rules.js'

/** How much of a step the quotient of a time and dt may be off by rounding. */
const rounding = 1e-6

/**
 * Spikes at every step as events, in the order of time. An event lies `timeShift` seconds after the beginning of its
 * step; the default is half a step, so that dividing by dt gives the step again whatever the rounding.
 */
export function toEvents(grid: TimeGriddedData, options: { readonly timeShift?: number } = {}): EventData {
  checkMembers('toEvents', grid, 'grid', ['shape', 'data', 'dt'], 'a TimeGriddedData')
  checkByRules('toEvents', options, eventRules)
  const {
    shape: [samples, steps, neurons],
    data,
    dt,
  } = grid
  const { timeShift = dt / 2 } = options
  if (!(timeShift >= 0 && timeShift < dt))
    throw new SnnError(
      'ARGUMENT',
      `[toEvents] timeShift ${timeShift}, expected one within a step of ${dt} s. Correct it.`,
      { name: 'timeShift', value: timeShift },
    )
  const found = Array.from({ length: samples }, (_, sample) => {
    const list: (readonly [neuron: number, time: number])[] = []
    for (let step = 0; step < steps; step++)
      for (let neuron = 0; neuron < neurons; neuron++)
        if (data[(sample * steps + step) * neurons + neuron] !== 0) list.push([neuron, step * dt + timeShift])
    return list
  })
  const most = found.reduce((n, list) => Math.max(n, list.length), 0)
  const idx = new Float64Array(samples * most).fill(-1)
  const time = new Float64Array(samples * most).fill(Infinity)
  found.forEach((list, sample) =>
    list.forEach(([neuron, at], i) => {
      idx[sample * most + i] = neuron
      time[sample * most + i] = at
    }),
  )
  return { type: 'EventData', shape: [samples, most], idx, time, n_neurons: neurons, t_max: steps * dt }
}

/**
 * Events at every step of dt: 1 for a spike, or the value of the event; of several in a step the last. @throws
 * `ARGUMENT` for an event after the end
 */
export function toTimeGrid(events: EventData | ValuedEventData, options: { readonly dt: number }): TimeGriddedData {
  checkMembers(
    'toTimeGrid',
    events,
    'events',
    ['idx', 'time', 'n_neurons', 't_max', 'shape'],
    'an EventData or ValuedEventData',
  )
  checkStepOptions('toTimeGrid', options, stepRules)
  const { dt } = options
  const {
    idx,
    time,
    n_neurons: neurons,
    t_max: end,
    shape: [samples, count],
  } = events
  const steps = Math.floor(end / dt + rounding)
  const data = new Float32Array(samples * steps * neurons)
  for (let i = 0; i < samples * count; i++) {
    if (idx[i] === -1) continue
    const step = Math.floor(time[i]! / dt + rounding)
    if (!(step >= 0 && step < steps))
      throw new SnnError(
        'ARGUMENT',
        `[toTimeGrid] an event at ${time[i]} s, expected times from 0 to ${end}. Correct t_max or the event.`,
        { name: 'time', value: time[i] },
      )
    data[(Math.floor(i / count) * steps + step) * neurons + idx[i]!] =
      events.type === 'ValuedEventData' ? events.value[i]! : 1
  }
  return { type: 'TimeGriddedData', shape: [samples, steps, neurons], data, binary: events.type === 'EventData', dt }
}
