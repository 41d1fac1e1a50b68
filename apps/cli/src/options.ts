import { InvalidArgumentError, Option } from 'commander'
import { dataForms } from '@snn/datasets/node'
import { parseReadout, readouts, type Readout } from '@snn/nn'
import { specForm } from './preprocessing.js'

/** For help texts. */
export const dataHelp = `\nDATA: labelled pictures or arrays, one of\n${dataForms.map((form) => `  ${form}`).join('\n')}`

export const specHelp = `\n${specForm(true)}`

/** Where there are no labels, and nothing can be tried. */
export const specHelpWithoutLabels = `\n${specForm(false)}`

/** A whole number of at least `least`. */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (text.trim() !== '' && Number.isSafeInteger(value) && value >= least) return value
    throw new InvalidArgumentError(`Expected a whole number of at least ${least}.`)
  }
}

/** Numbers of time steps, `4,8,16`, in ascending order. */
export function stepList(text: string): number[] {
  const steps = text.split(',').map(wholeNumber(1))
  return [...new Set(steps)].sort((a, b) => a - b)
}

/** A read-out by its name or as JSON. */
export function readout(text: string): Readout {
  try {
    return parseReadout(text.trimStart().startsWith('{') ? JSON.parse(text) : text, 'eval')
  } catch {
    throw new InvalidArgumentError(`Expected ${readouts.join(', ')}, or JSON such as {"by":"count","start":2}.`)
  }
}

/** A whole number, also below 0. */
function integer(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isSafeInteger(value)) return value
  throw new InvalidArgumentError('Expected a whole number.')
}

/** `height=224,width=224`. */
function sizeList(text: string): Record<string, number> {
  const sizes = text.split(',').map((part) => {
    const [name, size, ...more] = part.split('=').map((word) => word.trim())
    if (!name || !size || more.length > 0)
      throw new InvalidArgumentError('Expected NAME=SIZE, as in height=224,width=224.')
    return [name, wholeNumber(1)(size)] as const
  })
  return Object.fromEntries(sizes)
}

/** A number from 0 to 1. */
export function share(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && value >= 0 && value <= 1) return value
  throw new InvalidArgumentError('Expected a number from 0 to 1.')
}

/** What `convert`, `eval` and `deploy` are told of a classifier and its inputs. */
export interface ClassifierFlags {
  readonly preprocess?: string
  readonly labelOffset?: number
  readonly output?: string
  readonly sizes?: Readonly<Record<string, number>>
  readonly batch?: number
  readonly json?: true
}

export const jsonOption = (): Option =>
  new Option('--json', 'print one JSON object on standard output and nothing else')
export const outputOption = (): Option =>
  new Option('--output <name>', 'which output holds the classes (default: the one with scores, where that is clear)')
export const labelOffsetOption = (fallback = 'that of a .snn.onnx file, which stores it, else 0'): Option =>
  new Option(
    '--label-offset <count>',
    `what is added to a label of the data to give the index of its output: -1 for labels from 1, 1 for an output 0 that is the background (default: ${fallback})`,
  ).argParser(integer)
export const sizesOption = (): Option =>
  new Option(
    '--sizes <list>',
    'numbers for sizes that the model leaves free: height=224,width=224 (default: those of the data)',
  ).argParser(sizeList)
export const preprocessOption = (
  fallback = 'that of a .snn.onnx file, which stores it; else what the model tells; else 0-1',
): Option => new Option('--preprocess <SPEC>', `how pixels become the input (default: ${fallback})`)
export const batchOption = (): Option =>
  new Option('--batch <count>', 'samples that are run at once (default: 64, fewer of large ones)').argParser(
    wholeNumber(1),
  )
