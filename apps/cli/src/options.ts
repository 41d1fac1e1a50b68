import { InvalidArgumentError, Option } from 'commander'
import { dataForms } from '@snn/datasets/node'
import { parseReadout, readouts, type Readout } from '@snn/nn'
import { specForm } from './preprocessing.js'

/** For help texts. */
export const dataHelp = `\nDATA: labelled pictures or arrays, one of\n${dataForms.map((form) => `  ${form}`).join('\n')}`

export const specHelp = `\n${specForm}`

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

/** A number from 0 to 1. */
export function share(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && value >= 0 && value <= 1) return value
  throw new InvalidArgumentError('Expected a number from 0 to 1.')
}

export const jsonOption = (): Option => new Option('--json', 'print one JSON object on standard output and nothing else')
export const outputOption = (): Option => new Option('--output <name>', 'which output holds the classes, if the model has several (default: the first)')
export const preprocessOption = (): Option => new Option('--preprocess <SPEC>', 'how pixels become the input (default: scaled to 0..1; stored in .snn.onnx files)')
export const batchOption = (): Option => new Option('--batch <count>', 'samples that are run at once (default: 64, fewer of large ones)').argParser(wholeNumber(1))
