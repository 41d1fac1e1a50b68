import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { convert, describeWarnings, importModel } from '@snn/ann2snn'
import { readSnn, toOnnx } from '@snn/snn-file'
import { readNet } from '@snn/deploy-lava'
import { loadNetwork } from '@snn/deploy-lava/sim'
import { readNir } from '@snn/nir'
import { reference } from '@snn/tensor'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tinyModel, writeTinyData } from '../../test/tiny.js'
import { describeDeployment } from '../commands/deploy.js'
import { deployModel, deployWording, type DeployModelOptions } from './deploy-model.js'
import { roundingLint } from './to-nir-file.js'

let folder: string
let model: string
const work = { signal: new AbortController().signal, onProgress: () => {} }
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'snn-deploy-'))
  model = join(folder, 'model.onnx')
  writeFileSync(model, tinyModel())
  await writeTinyData(join(folder, 'data'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const deploy = (options: Partial<DeployModelOptions> = {}, path = model) =>
  deployModel(
    path,
    {
      target: 'lava',
      calibrate: `${folder}/data:train`,
      eval: `${folder}/data:test`,
      samples: 60,
      steps: 16,
      out: join(folder, 'chip'),
      ...options,
    },
    work,
  )

describe('snn deploy', () => {
  it('goes from a classifier to the files of Lava, and says what each step of the way costs', async () => {
    const stages = new Set<string>()
    const result = await deployModel(
      model,
      {
        target: 'lava',
        calibrate: `${folder}/data:train`,
        eval: `${folder}/data:test`,
        samples: 60,
        steps: 16,
        weightBits: 6,
        out: join(folder, 'chip'),
      },
      { ...work, onProgress: ({ stage }) => void stages.add(stage) },
    )
    expect(result.rows.map(({ network }) => network)).toEqual([
      'ANN',
      'float SNN',
      'float SNN, soft reset',
      'quantised SNN',
      'fixed-point simulation',
    ])
    for (const { accuracy } of result.rows) expect(accuracy).toBeGreaterThan(0.9)
    // the chip, cleared between samples, does what the rounded network does
    expect(result.rows.at(-1)).toEqual({ ...result.rows.at(-2)!, network: 'fixed-point simulation' })
    expect([...stages]).toEqual(expect.arrayContaining(['calibrate', 'ANN', 'float', 'quantised', 'chip']))
    expect(readdirSync(join(folder, 'chip')).sort()).toEqual([
      'encoder.onnx',
      'network.net',
      'network.py',
      'report.json',
    ])
    expect(JSON.parse(readFileSync(join(folder, 'chip/report.json'), 'utf8'))).toEqual(
      JSON.parse(JSON.stringify(result)),
    )
    const text = describeDeployment(result)
    for (const part of ['fixed-point simulation', 'Loihi 1', 'spikes per sample', 'T = 16'])
      expect(text).toContain(part)
    // the host's part is a model of one step that any ONNX runtime runs, and its spikes fit the chip's input
    const encoder = readFileSync(join(folder, 'chip/encoder.onnx'))
    const { snn } = readSnn(encoder)
    const chip = loadNetwork(await readNet(readFileSync(join(folder, 'chip/network.net'))))
    expect(chip.blocks.length).toBe(1)
    expect(snn.nodes.at(-1)!.layer.kind).toMatch(/IntegrateAndFire/)
    expect(result.spikes[0]!.neurons).toBe(chip.inputShape.reduce((a, b) => a * b))
  })

  it('writes networks with branches, which a .net file cannot hold, as processes that a program connects', async () => {
    const residual = join(folder, 'residual.onnx')
    writeFileSync(residual, tinyModel({ hidden: true, shortcut: true, pool: 'AveragePool' }))
    const { files, rows, layers, resources } = await deploy(
      { out: join(folder, 'branches'), softReset: false, tune: 1 },
      residual,
    )
    expect(files).toEqual(['network.json', 'network.py', 'encoder.onnx', 'report.json'])
    expect(rows.map(({ network }) => network)).toEqual([
      'ANN',
      'float SNN',
      'quantised SNN',
      'fixed-point simulation',
      'fixed-point simulation, fine-tuned',
    ])
    for (const { accuracy } of rows) expect(accuracy).toBeGreaterThan(0.9)
    expect(layers).toEqual([expect.objectContaining({ from: ['relu1', 'relu1'] }), expect.anything()])
    expect(resources!.chips[2]!.problems.some(({ what }) => what.includes('branches that meet'))).toBe(true)
  })

  it('trains in four bits, and does not do worse', async () => {
    const { rows } = await deploy({ weightBits: 3, tune: 2 })
    const [rounded, tuned] = rows.slice(-2).map(({ accuracy }) => accuracy!)
    expect(rows.at(-1)!.network).toBe('fixed-point simulation, fine-tuned')
    expect(tuned).toBeGreaterThanOrEqual(rounded! - 0.04)
  })

  it.each(['nir', 'speck', 'xylo'] as const)(
    'writes a .nir file with what its reader makes of it: %s',
    async (target) => {
      const averaging = join(folder, 'averaging.onnx')
      writeFileSync(averaging, tinyModel({ pool: 'AveragePool', hidden: target !== 'nir' }))
      const result = await deploy({ target, out: join(folder, target) }, averaging)
      const graph = await readNir(readFileSync(join(folder, target, 'network.nir')))
      expect(Object.values(graph.nodes).map(({ type }) => type)).toContain(target === 'xylo' ? 'CubaLIF' : 'IF')
      expect(existsSync(join(folder, target, 'encoder.onnx'))).toBe(target !== 'nir')
      for (const { accuracy } of result.rows) expect(accuracy).toBeGreaterThan(0.85)
      expect(result.rows.at(-1)!.network).toContain('.nir')
      expect(result.lint.filter(({ effect, what }) => effect === 'rejects' && what.includes('Scale'))).toEqual([])
      if (target === 'xylo')
        expect(result.lint.filter(({ what }) => /CubaLIF|of R I|all of the input/.test(what))).toEqual([])
      if (target === 'speck') expect(result.lint.some(({ what }) => what.includes('rounds them'))).toBe(true)
    },
  )

  it('takes a spiking network, too, and refuses what the chip does otherwise unless it is allowed', async () => {
    const { network } = importModel(tinyModel({ hidden: true, pool: 'AveragePool' }))
    const x = { data: Float32Array.from({ length: 40 * 64 }, (_, i) => Math.abs(Math.sin(i))), shape: [40, 1, 8, 8] }
    const { snn } = await convert(network, [x], { backend: reference() })
    const path = join(folder, 'soft.snn.onnx')
    writeFileSync(path, await toOnnx(snn, { T: 8 }))
    await expect(deploy({}, path)).rejects.toMatchObject({
      code: 'CONVERT_UNSUPPORTED',
      message: expect.stringContaining("approximate: ['soft-reset']") as string,
    })
    const result = await deploy({ approximate: ['soft-reset', 'initial-membrane'], against: model }, path)
    expect(result.lint.map(({ what }) => what)).toEqual(expect.arrayContaining(['soft-reset, as --approximate allows']))
    expect(result.rows.map(({ network }) => network)).toEqual([
      'ANN',
      'float SNN',
      'float SNN, reset to 0',
      'quantised SNN',
      'fixed-point simulation',
    ])
  })

  it('warns where rounding changes classes', () => {
    expect(roundingLint(0.96, 8)).toEqual([])
    expect(roundingLint(0.07, 8)).toMatchObject([
      {
        effect: 'warning',
        what: expect.stringContaining('rounding to 8 bits gives 93 % of the samples another class') as string,
        fix: expect.stringContaining('--mode 99.9%') as string,
      },
    ])
  })

  it('says before it calibrates which layer no chip can have', async () => {
    const pooling = join(folder, 'max.onnx')
    writeFileSync(pooling, tinyModel({ hidden: true }))
    const calibrated: string[] = []
    const follow = { ...work, onProgress: ({ stage }: { readonly stage: string }) => void calibrated.push(stage) }
    const refused = deployModel(
      pooling,
      { target: 'speck', calibrate: `${folder}/data:train`, samples: 60, steps: 16, out: join(folder, 'new') },
      follow,
    )
    await expect(refused).rejects.toMatchObject({
      code: 'NIR_UNSUPPORTED',
      message: expect.stringContaining("'pool1' has the maximum of windows") as string,
    })
    expect(calibrated).not.toContain('calibrate')
  })

  it('takes no network of a chip again, and advises in its own flags', async () => {
    await expect(deploy({}, join(folder, 'network.net'))).rejects.toMatchObject({
      code: 'ARGUMENT',
      message: expect.stringContaining('loadNetwork') as string,
    })
    await expect(deploy({}, join(folder, 'network.nir'))).rejects.toMatchObject({
      code: 'ARGUMENT',
      message: expect.stringContaining('fromNir') as string,
    })
    const { conversion } = await deploy({ target: 'nir', out: join(folder, 'advice') })
    const report = {
      ...conversion!,
      per: 'layer' as const,
      accuracy: conversion!.accuracy.map((row) => ({ ...row, agreement: 0.5 })),
      warnings: [
        { code: 'disagreement' as const, share: 0.5, T: 16, samples: 60 },
        { code: 'silent' as const, layer: 'relu1', share: 0.5, samples: 60 },
      ],
    }
    const texts = describeWarnings(report, deployWording)
    expect(texts[0]).toContain('Try --')
    for (const text of texts) expect(text).not.toMatch(/\{|--code|--per|--levels/)
  })

  it('writes the folder whole, and no other in its place', async () => {
    await expect(deploy({ out: join(folder, 'data') })).rejects.toMatchObject({
      code: 'OUTPUT',
      message: expect.stringContaining('another folder is there') as string,
    })
    writeFileSync(join(folder, 'chip', 'mine.txt'), 'mine')
    await expect(deploy()).rejects.toMatchObject({
      code: 'OUTPUT',
      message: expect.stringContaining('which holds mine.txt') as string,
    })
    await expect(deploy({ target: 'speck', weightBits: 4, out: join(folder, 'new') })).rejects.toThrow(
      '[deploy] --weight-bits with --target speck',
    )
    await expect(deploy({ out: model })).rejects.toMatchObject({ code: 'OUTPUT' })
    await expect(deploy({ out: join(folder, 'new'), calibrate: join(folder, 'none') })).rejects.toMatchObject({
      code: 'DATA_NOT_FOUND',
    })
    expect(readdirSync(folder).filter((name) => name === 'new' || name.startsWith('.'))).toEqual([])
  })
})
