import { nodeTypes } from '../fields.js'
import { readers, type Capability, type Reader } from './readers.js'

/** The table of what each tool reads, as Markdown: for the documentation. */
export function capabilityTable(): string {
  const tools: readonly Reader[] = Object.values(readers)
  const head = `| | ${tools.map(({ title }) => title).join(' | ')} |\n|---|${tools.map(() => ':-:|').join('')}`
  const rows = nodeTypes.map((type) => `| ${type} | ${tools.map(({ nodes }) => mark(nodes[type])).join(' | ')} |`)
  return `${head}\n${rows.join('\n')}\n\nyes: read as it is meant; if: read, under the conditions below; no: refused.\n\n${tools.map(notes).join('\n')}\n`
}

/** Each cell of one tool with its source; types that one part of the source decides stand together. */
function notes({ title, url, nodes, graph }: Reader): string {
  const groups = new Map<string, string[]>()
  for (const type of nodeTypes) {
    const { source, conditions } = nodes[type]
    const said = [
      `${mark(nodes[type])} (${source})`,
      ...conditions.map(({ effect, what }) => `${effect} ${what}`),
    ].join('; ')
    groups.set(said, [...(groups.get(said) ?? []), type])
  }
  const limits = [
    graph.inner === 'any'
      ? 'graphs inside'
      : graph.inner === 'none'
        ? 'no graphs inside'
        : 'inside only a neuron and its recurrent weight',
    graph.circles === 'any'
      ? 'circles'
      : graph.circles === 'none'
        ? 'no circles'
        : 'circles only of a neuron and its recurrent weight',
    graph.oneInput ? 'one input' : 'any number of inputs',
    graph.branches ? 'branches' : 'no branches',
  ]
  const lines = [...groups].map(([said, types]) => `  - ${types.join(', ')}: ${said}.`)
  return [`- **${title}**, <${url}>`, ...lines, `  - graphs (${graph.source}): ${limits.join('; ')}.`].join('\n')
}

function mark({ reads, conditions }: Capability): string {
  return reads ? (conditions.length > 0 ? 'if' : 'yes') : 'no'
}
