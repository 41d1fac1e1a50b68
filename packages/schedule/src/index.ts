export { prepare, type Prepared } from './prepare.js'
export { computeLibrary } from './compute-library.js'
export { schedule, type Schedule, type ScheduleOptions } from './schedule.js'
export { type KernelTarget, type Target } from './target.js'
export {
  type CopyTask,
  type ImagesTask,
  type KernelTask,
  type LibraryTask,
  type LoopTask,
  type NestTask,
  type PlanesTask,
  type RandomTask,
  type Task,
} from './task.js'
export { at, bytesOf, type Address, type Base, type Place, type Step, type Turns } from './place.js'
export { type Block } from './plan/arena.js'
export { type Allocator } from './device/allocator.js'
export { DeviceValues } from './device/device-values.js'
export { filtersOf, inputsOf, type ImageNode } from './classify/image-operations.js'
