import { createEvents, sensorOf, toFrames } from '@snn/datasets'
import { adaptiveLif } from '@snn/neuron'
import { run } from '@snn/neuron/run'

const events = createEvents({ t: [0, 5], x: [1, 2], y: [1, 2] }, { sensor: sensorOf(34, 34) })
const { spike } = await run(adaptiveLif({ tau: 2 }), [2, 2, 2, 2])
document.title = `${toFrames({ by: 'number', n: 1 })(events).shape} ${spike.length}`
