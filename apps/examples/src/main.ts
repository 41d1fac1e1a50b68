import { convMnist } from './conv-mnist.js'
import { digitSpikes } from './digit-spikes.js'
import { lifMnist } from './lif-mnist.js'
import type { ExampleOptions } from './mnist.js'
import { ownNeuron } from './own-neuron.js'
import { recurrentMnist } from './recurrent-mnist.js'

const examples = {
  'digit-spikes': () => digitSpikes(),
  'lif-mnist': lifMnist,
  'conv-mnist': convMnist,
  'own-neuron': ownNeuron,
  'recurrent-mnist': recurrentMnist,
}

const [name = '', epochs, samples] = process.argv.slice(2)
const run: ((options: ExampleOptions) => Promise<unknown>) | undefined = Object.entries(examples).find(
  ([key]) => key === name,
)?.[1]
if (run) await run({ ...(epochs && { epochs: Number(epochs) }), ...(samples && { samples: Number(samples) }) })
else {
  console.error(`npm run example -- NAME [EPOCHS [SAMPLES]], with one of ${Object.keys(examples).join(', ')}`)
  process.exitCode = 2
}
