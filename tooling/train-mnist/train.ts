import type { Loader } from '@snn/datasets'
import type { Network } from '@snn/nn'
import { compile, grad, oneHot, zerosVariable, type Backend, type Tensor, type Variable } from '@snn/tensor'

export interface TrainOptions {
  readonly backend: Backend
  /** Steps of the whole training: the learning rate falls along a cosine to 0 at the last. */
  readonly steps: number
  readonly learningRate: number
  readonly onStep: (step: number, loss: number) => void
}

/** Mean over the batch of -log softmax(logits)[label]. */
function crossEntropy(logits: Tensor, labels: Tensor): Tensor {
  const shifted = logits.sub(logits.max(1, { keepDims: true }).stopGradient())
  const logSoftmax = shifted.sub(shifted.exp().sum(1, { keepDims: true }).log())
  return logSoftmax.mul(oneHot(labels, logits.shape[1]!)).sum(1).mean().neg()
}

/**
 * One step of Adam (Kingma and Ba 2015) on all parameters:
 *
 *   m <- b1 m + (1 - b1) g,   v <- b2 v + (1 - b2) g^2,   p <- p - rate m / (1 - b1^t) / (sqrt(v / (1 - b2^t)) +
 *   epsilon)
 */
function adam(parameters: Readonly<Record<string, Variable>>): (loss: Tensor, rate: (t: Tensor) => Tensor) => void {
  const [b1, b2, epsilon] = [0.9, 0.999, 1e-8]
  const moments = Object.entries(parameters).map(
    ([name, { shape }]) =>
      [zerosVariable(shape, { name: `${name}.m` }), zerosVariable(shape, { name: `${name}.v` })] as const,
  )
  const count = zerosVariable([], { name: 'adam.steps' })
  return (loss, rate) => {
    const variables = Object.values(parameters)
    const lr = rate(count.read())
    const t = count.read().add(1)
    count.assign(t)
    const power = (base: number): Tensor => t.mul(Math.log(base)).exp()
    const scale = lr.div(power(b1).neg().add(1))
    const secondScale = power(b2).neg().add(1)
    grad(loss, variables).forEach((g, i) => {
      const [first, second] = moments[i]!
      const m = first
        .read()
        .mul(b1)
        .add(g.mul(1 - b1))
      const v = second
        .read()
        .mul(b2)
        .add(g.square().mul(1 - b2))
      first.assign(m)
      second.assign(v)
      variables[i]!.assign(variables[i]!.read().sub(m.mul(scale).div(v.div(secondScale).sqrt().add(epsilon))))
    })
  }
}

/** Trains a classifier without memory, one pass over `batches` after the other, until `steps` are done. */
export async function train(
  net: Network,
  batches: Loader,
  { backend, steps, learningRate, onStep }: TrainOptions,
): Promise<void> {
  const update = adam(net.parameters())
  await using step = compile(
    (x: Tensor, labels: Tensor) => {
      const loss = crossEntropy(net.step(x, { training: true })[0], labels)
      update(loss, (t) =>
        t
          .mul(Math.PI / steps)
          .cos()
          .add(1)
          .mul(learningRate / 2),
      )
      return loss
    },
    { backend },
  )
  for (let done = 0; done < steps;) {
    for await (const [x, labels] of batches) {
      onStep(done, (await step(x, labels)).item())
      if (++done === steps) break
    }
  }
}

/** Share of samples whose largest output is that of the label. */
export async function accuracy(net: Network, batches: Loader, backend: Backend): Promise<number> {
  await using predict = compile((x: Tensor) => net.step(x)[0].argmax(), { backend })
  let [correct, total] = [0, 0]
  for await (const [x, labels] of batches) {
    const { data } = await predict(x)
    data.forEach((label, i) => (correct += Number(label === labels.data[i])))
    total += data.length
  }
  return correct / total
}
