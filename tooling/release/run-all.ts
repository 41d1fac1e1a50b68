/**
 * A module that runs others one after the other in one process, says which of them failed and how, and at the end how
 * many there were: one that ends the process is noticed by what is missing.
 */
export const runAll = `
const files = process.argv.slice(2)
for (const file of files) {
  try {
    await import('./' + file)
  } catch (error) {
    console.error(file + ' fails:', error)
    process.exitCode = 1
  }
}
console.log('ran ' + files.length + ' files')
`

/** Whether that module came to its end, from what it printed. */
export const hasRun = (printed: string, files: readonly string[]): boolean =>
  printed.trimEnd().split('\n').at(-1) === `ran ${files.length} files`
