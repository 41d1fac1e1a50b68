import assert from 'node:assert/strict'
import { convert, simulator } from '@snn/ann2snn'
import { cpu } from '@snn/backend-cpu'
import { linear, relu, sequential } from '@snn/nn'
import fastify from 'fastify'

const backend = await cpu()
const calibration = { data: Float32Array.from({ length: 40 }, (_, i) => Math.sin(i)), shape: [10, 4] }
const { snn } = await convert(sequential(linear(4, 16), relu(), linear(16, 3)), [calibration], { mode: 'max', backend })
const network = simulator(snn, { backend })

const server = fastify()
server.post('/classify', async ({ body }) => {
  const { logits } = await network.run({ data: Float32Array.from(body.x), shape: [1, 4] }, { T: 8 })
  return { logits: [...logits.data] }
})
// requests that overlap share the compiled network and the backend
const answers = await Promise.all(
  [1, 2, 3].map((scale) => server.inject({ method: 'POST', url: '/classify', payload: { x: [scale, 0, -scale, 1] } })),
)
for (const answer of answers) {
  assert.equal(answer.statusCode, 200, answer.body)
  assert.equal(answer.json().logits.length, 3)
}
await server.close()
await network.dispose()
await backend.dispose()
