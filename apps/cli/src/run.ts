import { constants } from 'node:os'
import { CommanderError } from 'commander'

/**
 * Runs `work` as a program and sets the exit code: 0 when it did what was asked, 2 for bad input, 1 for another
 * failure, and 128 + its number when a signal ended it. Ctrl-C ends the work at its next check, a second one at once.
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
    if (error.code === 'EPIPE') process.exit(0)
    void import('./failure.js').then(({ formatFailure }) => {
      process.stderr.write(
        `${formatFailure({ code: 'OUTPUT', message: `[snn] standard output cannot be written: ${error.message}.`, exitCode: 1 }, json)}\n`,
      )
      process.exit(1)
    })
  })
  try {
    await work(controller.signal)
  } catch (error) {
    // thrown only to end after printing help or the version
    if (error instanceof CommanderError && error.exitCode === 0) return
    // what it needs is not loaded for those
    const { failureOf, formatFailure } = await import('./failure.js')
    const failure = failureOf(error)
    process.stderr.write(`${formatFailure(failure, json)}\n`)
    process.exitCode = endedBy ? exitCodeOf(endedBy) : failure.exitCode
    if (process.env['SNN_DEBUG']) console.error(error)
  } finally {
    process.off('SIGINT', end).off('SIGTERM', end)
  }
}

function exitCodeOf(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal]
}
