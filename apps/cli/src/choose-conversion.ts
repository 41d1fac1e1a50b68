import {
  searchConversion,
  type Batches,
  type Conversion,
  type SearchOptions,
  type SearchResult,
  type SearchRow,
} from '@snn/ann2snn'
import { take, type ImageDataset } from '@snn/datasets'
import type { Network } from '@snn/nn'

/** What a search tried, best first. */
export interface SearchSummary extends Pick<SearchResult, 'annAccuracy' | 'budget' | 'measure' | 'samples' | 'rows'> {
  /** Samples that there were to measure on: a preset takes no more than tell. */
  readonly available: number
}

export interface Choice {
  readonly conversion: Conversion
  readonly search: SearchSummary
  /** Preset chip: what the preset few-steps would give, where its code carries the network. */
  readonly alternative?: SearchRow
}

export interface ChoiceOptions extends SearchOptions {
  readonly network: Network
  readonly calibration: ImageDataset
  /** What else there is of the data set that calibration samples come from. */
  readonly others: ImageDataset
  /** What accuracy is measured on. Default: `others`; where those are few, a fifth of the calibration samples. */
  readonly validation?: ImageDataset | undefined
  /** Batches of a data set as the network takes them. */
  readonly batches: (dataset: ImageDataset) => Batches
}

/** Searches as a preset or a budget says, on samples that accuracy is not measured on. */
export async function chooseConversion({
  network,
  batches,
  calibration,
  others,
  validation,
  ...options
}: ChoiceOptions): Promise<Choice> {
  const parts = validation
    ? { calibration, validation }
    : options.sameData
      ? { calibration, validation: calibration }
      : partsOf(calibration, others)
  // parts of one data set are other samples, even where it holds an image twice
  const sameData = options.sameData || validation === undefined
  const {
    best: conversion,
    alternative,
    ...search
  } = await searchConversion(network, batches(parts.calibration), batches(parts.validation), { ...options, sameData })
  return { conversion, search: { ...search, available: parts.validation.length }, ...(alternative && { alternative }) }
}

function partsOf(
  calibration: ImageDataset,
  others: ImageDataset,
): { readonly calibration: ImageDataset; readonly validation: ImageDataset } {
  if (others.length >= calibration.length / 5) return { calibration, validation: others }
  if (calibration.length === 1) return { calibration, validation: calibration }
  const count = Math.floor(calibration.length * 0.8)
  return {
    calibration: take(calibration, count),
    validation: take(calibration, calibration.length - count, { skip: count }),
  }
}
