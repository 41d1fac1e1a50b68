import { checkMembers } from '@snn/tensor/library'
import { numbersOf } from './dtype.js'
import { invalid } from './errors.js'
import type { OnnxAttribute, OnnxGraph, OnnxNode, OnnxTensor, OnnxValue } from './graph.js'

type HasAttributes = Pick<OnnxNode, 'op' | 'name' | 'attributes'>

function read<T>(
  node: HasAttributes,
  name: string,
  fallback: T | undefined,
  what: string,
  accept: (value: OnnxAttribute) => T | undefined,
): T {
  checkMembers('attribute', node, 'node', ['attributes'], 'a node of a graph')
  const value = Object.hasOwn(node.attributes, name) ? node.attributes[name] : undefined
  if (value === undefined) {
    if (fallback !== undefined) return fallback
    throw invalid(`${node.op} "${node.name}"`, `attribute "${name}" is missing, expected ${what}`)
  }
  const accepted = accept(value)
  if (accepted === undefined)
    throw invalid(`${node.op} "${node.name}"`, `attribute "${name}" is of another type, expected ${what}`)
  return accepted
}

/** A whole number. Without a fallback a missing attribute is the error ONNX_INVALID; so is one of another type. */
export function intAttribute(node: HasAttributes, name: string, fallback?: number): number {
  return read(node, name, fallback, 'a whole number', (v) => (Number.isInteger(v) ? (v as number) : undefined))
}

/** A list of whole numbers. */
export function intsAttribute(node: HasAttributes, name: string, fallback?: readonly number[]): readonly number[] {
  return read(node, name, fallback, 'a list of whole numbers', (v) =>
    Array.isArray(v) && v.every(Number.isInteger) ? (v as number[]) : undefined,
  )
}

/** A real number. */
export function floatAttribute(node: HasAttributes, name: string, fallback?: number): number {
  return read(node, name, fallback, 'a number', (v) => (typeof v === 'number' ? v : undefined))
}

/** A list of real numbers. */
export function floatsAttribute(node: HasAttributes, name: string, fallback?: readonly number[]): readonly number[] {
  return read(node, name, fallback, 'a list of numbers', (v) =>
    v instanceof Float32Array || (Array.isArray(v) && v.length === 0) ? Array.from(v as Float32Array) : undefined,
  )
}

/**
 * An attribute of a node that is a text. Throws `ONNX_INVALID` where it is another thing, or is absent without a
 * fallback.
 */
export function stringAttribute(node: HasAttributes, name: string, fallback?: string): string {
  return read(node, name, fallback, 'text', (v) => (typeof v === 'string' ? v : undefined))
}

/** A list of texts. */
export function stringsAttribute(node: HasAttributes, name: string, fallback?: readonly string[]): readonly string[] {
  return read(node, name, fallback, 'a list of texts', (v) =>
    Array.isArray(v) && v.every((text) => typeof text === 'string') ? v : undefined,
  )
}

/** An attribute of a node that is a tensor. Throws `ONNX_INVALID` where it is none. */
export function tensorAttribute(node: HasAttributes, name: string): OnnxTensor {
  return read(node, name, undefined, 'a tensor', (v) => (typeof v === 'object' && 'dtype' in v ? v : undefined))
}

/** The constant that is input `index` of the node; undefined when the input is left out or not constant. */
export function constantInput(graph: OnnxGraph, node: OnnxNode, index: number): OnnxTensor | undefined {
  checkMembers('constantInput', graph, 'graph', ['constants'], 'a graph of readOnnx')
  checkMembers('constantInput', node, 'node', ['inputs'], 'a node of a graph')
  return graph.constants.get(node.inputs[index] ?? '')
}

/**
 * The values of the constant that is input `index` as plain numbers; undefined when the input is left out or not
 * constant.
 */
export function numbersInput(graph: OnnxGraph, node: OnnxNode, index: number): number[] | undefined {
  const tensor = constantInput(graph, node, index)
  return tensor && numbersOf(tensor)
}

/**
 * What is known of a value: dtype and shape. Throws ONNX_INVALID where nothing is known, as after an unsupported node.
 */
export function valueOf(
  graph: OnnxGraph,
  name: string,
): OnnxValue & { readonly shape: NonNullable<OnnxValue['shape']> } {
  checkMembers('valueOf', graph, 'graph', ['values'], 'a graph of readOnnx')
  const value = graph.values.get(name)
  if (!value?.shape) throw invalid(`value "${name}"`, 'its shape is not known')
  return value as OnnxValue & { shape: NonNullable<OnnxValue['shape']> }
}
