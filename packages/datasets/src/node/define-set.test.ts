import { expect, it } from 'vitest'
import { setCatalogue, staticCatalogue } from './catalogue.js'
import { defineSet, type AnySetInfo, type SetInfo, type SetOptions } from './define-set.js'
import type { EventDataset } from './event-dataset.js'
import { mnist } from './sets/mnist.js'
import { nmnist } from './sets/nmnist.js'

const facts = {
  title: 'Made',
  classes: 1,
  splits: { train: 2 },
  licence: 'none',
  citation: 'none',
  page: 'none',
  files: [],
} as const
const opened = { length: 0 } as EventDataset

it('a set is a function with its facts', async () => {
  const made = defineSet({
    info: { id: 'made', kind: 'events', sensor: nmnist.info.sensor, timeUnit: 'us', ...facts },
    open: async (options, info) => {
      const split: 'train' = options.split
      return { ...opened, split, description: info.title }
    },
  })
  expect(await made({ root: '', split: 'train' })).toMatchObject({ split: 'train', description: 'Made' })
  await expect(made(undefined as unknown as SetOptions<'train'>)).rejects.toMatchObject({ code: 'ARGUMENT' })
  await expect(made(undefined as unknown as SetOptions<'train'>)).rejects.toThrow(/^\[made\]/)
  // @ts-expect-error its splits are those of its facts
  await made({ root: '', split: 'test' })
  expect(setCatalogue.nmnist).toBe(nmnist.info)
  expect(staticCatalogue.mnist).toBe(mnist.info)
})

it('the compiler asks for the facts and the data set of a kind', () => {
  // @ts-expect-error a set of events has a sensor
  defineSet({ info: { id: 'a', kind: 'events', timeUnit: 'us', ...facts }, open: async () => opened })
  // @ts-expect-error pictures have no sensor
  defineSet({ info: { id: 'b', kind: 'images', sensor: nmnist.info.sensor, ...facts }, open: mnist })
  // @ts-expect-error pictures do not open to recordings
  defineSet({ info: { id: 'c', kind: 'images', shape: [1, 28, 28], ...facts }, open: async () => opened })
})

it('no kind has the facts of another, and every set is listed by its id', () => {
  const own = { events: ['sensor', 'timeUnit'], images: ['shape'], audio: ['rate'] }
  const all = Object.values(own).flat()
  const listed: [string, AnySetInfo][] = Object.entries({ ...setCatalogue, ...staticCatalogue })
  for (const [id, info] of listed) {
    expect(info.id).toBe(id)
    expect(
      all.filter((name) => name in info),
      id,
    ).toEqual(own[info.kind])
  }
  expect(listed.length).toBe(28)
  // what was typed before there were kinds
  const before: SetInfo = setCatalogue.shd
  expect(before.sensor.width).toBe(700)
})
