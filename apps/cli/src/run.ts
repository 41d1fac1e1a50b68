import { constants } from 'node:os'
import { failureOf, formatFailure } from './failure.js'

/**
 * Runs `work` as a program and sets the exit code: 0 when it did what was asked, 2 for bad input, 1 for another failure, and
 * 128 + its number when a signal ended it. Ctrl-C ends the work at its next check, a second one at once.
 */
export async function run(work: (signal: AbortSignal) => Promise<unknown>, json = false): Promise<void> {
  const controller = new AbortController()
  let endedBy: NodeJS.Signals | undefined
  const end = (signal: NodeJS.Signals): void => {
    if (endedBy) process.exit(exitCodeOf(signal))
    endedBy = signal
    controller.abort(new DOMException(`[snn] ended by ${signal}.`, 'AbortError'))
  }
  process.on('SIGINT', end).on('SIGTERM', end)
  // whoever reads our output may stop doing so: `snn inspect x.onnx | head`
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') process.stderr.write(`${formatFailure({ code: 'OUTPUT', message: `[snn] standard output cannot be written: ${error.message}.`, exitCode: 1 }, json)}\n`)
    process.exit(error.code === 'EPIPE' ? 0 : 1)
  })
  try {
    await work(controller.signal)
  } catch (error) {
    const failure = failureOf(error)
    if (failure) process.stderr.write(`${formatFailure(failure, json)}\n`)
    process.exitCode = endedBy ? exitCodeOf(endedBy) : (failure?.exitCode ?? 0)
    if (failure && process.env['SNN_DEBUG']) console.error(error)
  } finally {
    process.off('SIGINT', end).off('SIGTERM', end)
  }
}

function exitCodeOf(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal]
}
