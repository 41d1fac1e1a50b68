import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { repositoryFiles } from './rename-scope.ts'
import { readPackages, root } from './workspace.ts'

const files = repositoryFiles(root)

describe('the repository works on every system', () => {
  it('no two files have names that differ in case alone', () => {
    const names = Map.groupBy(files, (path) => path.toLowerCase())
    expect([...names.values()].filter((same) => same.length > 1)).toEqual([])
  })

  it('no name is one that Windows does not take', () => {
    const reserved = /(^|\/)(con|prn|aux|nul|com\d|lpt\d)(\.|\/|$)|[<>:"|?*\\]|[. ](\/|$)/i
    expect(files.filter((path) => reserved.test(path) || path.length > 180)).toEqual([])
  })

  it('scripts are Node, without a word for a shell', () => {
    const published = readPackages().filter(({ manifest }) => !manifest.private)
    const manifests = ['package.json', ...published.map(({ directory }) => join(directory, 'package.json'))]
    const scripts = manifests.flatMap((path) => {
      const text = readFileSync(path === 'package.json' ? join(root, path) : path, 'utf8')
      const { scripts = {} } = JSON.parse(text) as { scripts?: Record<string, string> }
      return Object.entries(scripts).filter(([name]) => name !== 'generate') // made by hand, once a version of ONNX
    })
    expect(scripts.length).toBeGreaterThan(20)
    expect(
      scripts.filter(([, script]) => /[&|;<>$`'"*]|^\w+=|\b(rm|cp|mv|mkdir|sed|cat|bash|sh) /.test(script)),
    ).toEqual([])
  })

  it('lines end as they do here', () => {
    expect(readFileSync(join(root, '.gitattributes'), 'utf8')).toContain('* text=auto eol=lf')
  })

  const sources = files.filter(
    (path) => /^(packages|apps\/cli)\/.*src\/.*\.ts$/.test(path) && !path.endsWith('.test.ts'),
  )
  it.each([
    ['a folder of one system', /['"`]\/(tmp|home|usr|dev)\//],
    ['the path of a file by cutting up an address', /new URL\([^)]*import\.meta\.url\)\.pathname/],
    ['a program by way of a shell', /shell: true|\bexecSync\(/],
    ['variables of one system', /env(\.|\[')(HOME|USERPROFILE|TMPDIR)\b/],
  ])('sources name %s nowhere', (_, pattern) => {
    expect(sources.length).toBeGreaterThan(300)
    expect(sources.filter((path) => pattern.test(readFileSync(join(root, path), 'utf8')))).toEqual([])
  })
})
