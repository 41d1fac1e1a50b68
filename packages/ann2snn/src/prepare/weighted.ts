import { convLayer, linearLayer, type Layer, type LayerOf, type NetworkNode } from '@snn/nn'
import type { TensorLike } from '@snn/tensor'
import { toVariables } from './weights.js'

/**
 * Whether a layer is a convolution or a linear layer: conversion takes thresholds and normalisation into their weights.
 */
export function isWeighted(layer: Layer): layer is LayerOf<'conv'> | LayerOf<'linear'> {
  return convLayer.is(layer) || linearLayer.is(layer)
}

/** The same convolution or linear layer with other arrays. */
export function withWeights({ name, layer }: NetworkNode, weights: Readonly<Record<string, TensorLike>>): Layer {
  const variables = toVariables(weights, name)
  return convLayer.is(layer) ? convLayer(layer.config, variables) : linearLayer({}, variables)
}
