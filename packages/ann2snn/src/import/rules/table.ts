import type { Rule } from '../call.js'
import { activations } from './activation.js'
import { arithmetic } from './arithmetic.js'
import { convTranspose } from './conv-transpose.js'
import { linear } from './linear.js'
import { movement } from './movement.js'
import { normalization } from './normalization.js'
import { windows } from './window.js'

/** For every ONNX operation of the normal form that a network can hold: the layers it becomes. */
export const rules: ReadonlyMap<string, Rule> = new Map(Object.entries({ ...windows, ConvTranspose: convTranspose, ...linear, ...activations, ...arithmetic, ...normalization, ...movement }))
