import { convLayer, linearLayer, type Layer, type LayerOf } from '@snn/nn'

/** Whether a layer is a convolution or a linear layer: conversion takes thresholds and normalisation into their weights. */
export function isWeighted(layer: Layer): layer is LayerOf<'conv'> | LayerOf<'linear'> {
  return convLayer.is(layer) || linearLayer.is(layer)
}
