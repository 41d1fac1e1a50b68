import type { Reporter, TestModule } from 'vitest/node'

/**
 * Ends the output with one line that a program can read: `12 passed, 0 failed, 1 skipped`. A file that could not be
 * collected and an error outside any test count as failed; so does a run that ends badly without either.
 */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const count = (state: string): number => tests.filter((test) => test.result().state === state).length
    const outside = modules
      .flatMap((module) => [module, ...module.children.allSuites()])
      .reduce((sum, suite) => sum + suite.errors().length, 0)
    const failed = count('failed') + count('pending') + outside + unhandledErrors.length
    process.once('exit', (code) =>
      console.log(`${count('passed')} passed, ${failed || Math.min(code, 1)} failed, ${count('skipped')} skipped`),
    )
  }
}
