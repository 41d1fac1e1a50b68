import { compile, type Tensor } from '@snn/tensor'
import type { ConversionPlan } from '../plan/plan.js'
import { at, weightsOf } from '../prepare/weights.js'
import type { WeightsFound } from './checkpoint.js'
import type { Calibrated, Frontier, CalibrationStage } from './frontier.js'
import { patchesOf } from './patches.js'
import { correctionOf, emptySums, type RidgeSums } from './ridge.js'
import { annSegment, spikingSegment } from './segment.js'
import type { SequentialOptions } from './sequential.js'

/** Rows that a correction is found from. */
const mostRows = 30_000
/** Every so manieth sample tells what a correction found on the others is worth. */
const heldOut = 4
/** Beyond so many inputs of one output, biases alone are corrected. */
const mostInputs = 2304

/**
 * Weights that make up for what the spikes before a layer got wrong: W + D and b + db (or b + db alone) such that (W +
 * D) r + b + db is as near as possible to the ANN's pre-activation y, with r the mean over time of the layer's real
 * spikes. See `RidgeSums`.
 */
export async function correctedWeights(
  plan: ConversionPlan,
  calibrated: Calibrated,
  { node, other }: CalibrationStage,
  options: SequentialOptions,
  { chunks, samples }: Frontier,
): Promise<WeightsFound> {
  const { backend, settings, signal } = options
  const input = node.inputs[0]!
  const current = calibrated.network.node(node.name)
  const { weight, bias } = await weightsOf(current.layer)
  const to = plan.shapes.get(node.name)!
  const patches = patchesOf(node, plan.shapes.get(input)!, to)
  const { groups, inputs, outputs, places } = patches
  const whole = options.weights === 'calibrate' && inputs <= mostInputs
  const origins = Array.from({ length: groups }, () => new Float32Array(inputs))
  const empty = (): RidgeSums[] => origins.map((origin) => emptySums(whole ? inputs : 1, outputs, origin))
  const [found, held] = [empty(), empty()]
  let seen = 0
  const others = other === undefined ? [] : [other]
  await using snn = await spikingSegment(plan, calibrated, [input, ...others], chunks[0]!, {
    settings,
    backend,
    read: 'mean',
  })
  await using ann = annSegment(plan, [node.name, ...others], chunks[0]!, backend)
  await using products = compile(
    (r: Tensor, w: Tensor, e: Tensor, origin: Tensor) => {
      const rest = e.sub(r.matmul(w.transpose()))
      const moved = r.sub(origin)
      return whole ? { rest, rr: moved.transpose().matmul(moved), er: rest.transpose().matmul(moved) } : { rest }
    },
    { backend },
  )
  const perSample = Math.max(1, Math.min(places, Math.floor(mostRows / samples)))
  const random = placesAtRandom(places)
  for (const chunk of chunks) {
    signal?.throwIfAborted()
    const { size } = chunk
    const [r, branch] = await snn.run(chunk)
    const values = await ann.run(chunk)
    const y = values[node.name]!.data
    const target = other === undefined ? undefined : values[other]!.data
    const [sampleIn, sampleOut] = [r!.data.length / size, y.length / size]
    const isHeld = (sample: number): boolean => (seen + sample) % heldOut === heldOut - 1
    const all = Array.from({ length: size }, (_, sample) => sample)
    const parts = [
      [found, all.filter((sample) => !isHeld(sample))],
      [held, all.filter(isHeld)],
    ] as const
    seen += size
    for (const [sums, members] of parts) {
      const rows = members.length * perSample
      if (rows === 0) continue
      const chosen = Array.from({ length: rows }, (_, row) => (perSample === places ? row % places : random()))
      for (let group = 0; group < groups; group++) {
        const patch = new Float32Array(rows * inputs)
        const wanted = new Float32Array(rows * outputs)
        chosen.forEach((place, row) => {
          const sample = members[Math.floor(row / perSample)]!
          patches.copy(r!.data, sample * sampleIn, place, group, patch, row * inputs)
          for (let o = 0; o < outputs; o++) {
            const channel = group * outputs + o
            const i = sample * sampleOut + patches.index(channel, place)
            wanted[row * outputs + o] =
              y[i]! - (bias ? at(bias.data, channel) : 0) + (target ? target[i]! - branch!.data[i]! : 0)
          }
        })
        if (whole && found[group]!.rows === 0) origins[group]!.set(patch.subarray(0, inputs))
        await gather(
          sums[group]!,
          patch,
          wanted,
          Float32Array.from(weight!.data.subarray(group * outputs * inputs, (group + 1) * outputs * inputs)),
        )
      }
    }
  }
  const changes = found.map((sums, group) => correctionOf(sums, held[group]!))
  const perGroup = outputs * inputs
  return {
    what: 'weights',
    weight: Array.from(weight!.data, (w, i) =>
      whole ? w + changes[Math.floor(i / perGroup)]!.weight[i % perGroup]! : w,
    ),
    bias: Array.from(
      { length: groups * outputs },
      (_, o) => (bias ? at(bias.data, o) : 0) + changes[Math.floor(o / outputs)]!.bias[o % outputs]!,
    ),
  }

  async function gather(sum: RidgeSums, patch: Float32Array, wanted: Float32Array, own: Float32Array): Promise<void> {
    const rows = wanted.length / outputs
    const { rest, ...squares } = await products(
      { data: patch, shape: [rows, inputs] },
      { data: own, shape: [outputs, inputs] },
      { data: wanted, shape: [rows, outputs] },
      { data: sum.origin, shape: [inputs] },
    )
    sum.rows += rows
    for (let row = 0; row < rows; row++) {
      if (whole) for (let i = 0; i < inputs; i++) sum.r[i]! += patch[row * inputs + i]! - sum.origin[i]!
      for (let o = 0; o < outputs; o++) sum.e[o]! += rest.data[row * outputs + o]!
    }
    if (!('rr' in squares)) return
    const { rr, er } = squares as { rr: typeof rest; er: typeof rest }
    rr.data.forEach((value, i) => (sum.rr[i]! += value))
    er.data.forEach((value, i) => (sum.er[i]! += value))
  }
}

/** Places 0 .. count - 1 that look drawn at random, the same at every call. */
function placesAtRandom(count: number): () => number {
  let state = 1
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * count)
  }
}
