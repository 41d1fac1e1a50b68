import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { convert, describeWarnings, importModel } from '@snn/ann2snn'
import { readSnn, toOnnx } from '@snn/snn-file'
import { readNet, splitEncoder } from '@snn/deploy-lava'
import { loadNetwork } from '@snn/deploy-lava/sim'
import { readNir } from '@snn/nir'
import { integrateAndFire, lif } from '@snn/neuron'
import { conv2d, flatten, flattenLayer, input, linear, Network, sequential, transposeLayer } from '@snn/nn'
import { compile, reference, repeat, type Tensor } from '@snn/tensor'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tinyMlp, tinyModel, writeTinyData } from '../../test/tiny.js'
import { describeDeployment } from '../commands/deploy.js'
import { deployModel, deployWording, type DeployModelOptions } from './deploy-model.js'
import { flattenOnHost } from './flatten-on-host.js'
import { inputOnHost } from './input-on-host.js'
import { otherThresholds, roundingLint } from './rounding-lint.js'

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
    expect(resources.chips.map(({ chip }) => chip)).toEqual(['Loihi 1', 'Loihi 2'])
    expect(resources.layers.map(({ layer }) => layer)).toEqual(layers!.map((own) => (own as { name: string }).name))
  })

  it('trains in four bits, and does not do worse', async () => {
    const { rows } = await deploy({ weightBits: 3, tune: 2 })
    const [rounded, tuned] = rows.slice(-2).map(({ accuracy }) => accuracy!)
    expect(rows.at(-1)!.network).toBe('fixed-point simulation, fine-tuned')
    expect(tuned).toBeGreaterThanOrEqual(rounded! - 0.04)
  })

  it.each(['nir', 'speck', 'xylo'] as const)(
    'writes a .nir file that its reader takes, with what it needs of a chip: %s',
    async (target) => {
      const given = join(folder, `for-${target}.onnx`)
      writeFileSync(
        given,
        target === 'xylo' ? tinyMlp() : tinyModel({ pool: 'AveragePool', hidden: target === 'speck' }),
      )
      const result = await deploy({ target, out: join(folder, target) }, given)
      const graph = await readNir(readFileSync(join(folder, target, 'network.nir')))
      expect(Object.values(graph.nodes).map(({ type }) => type)).toContain(target === 'xylo' ? 'CubaLIF' : 'IF')
      expect(graph.metadata).toMatchObject({ dt: 1e-3, T: 16 })
      expect(result.notes.some((note) => note.includes('steps of 0.001 s (dt)'))).toBe(true)
      expect(existsSync(join(folder, target, 'encoder.onnx'))).toBe(target !== 'nir')
      for (const { accuracy } of result.rows) expect(accuracy).toBeGreaterThan(0.85)
      expect(result.rows.at(-1)!.network).toContain('.nir')
      expect(result.lint.filter(({ effect }) => effect === 'rejects')).toEqual([])
      // steps of the reader, in which nothing fires all the time
      for (const { neurons, perSample } of result.spikes) expect(perSample / neurons / 16).toBeLessThan(0.9)
      const { neurons, synapses, layers, weightBytes, chips } = result.resources
      expect(layers.reduce((all, own) => all + own.synapses, 0)).toBe(synapses)
      for (const count of [neurons, synapses, weightBytes, ...layers.map(({ fanIn }) => fanIn)])
        expect(count).toBeGreaterThan(0)
      expect(JSON.parse(readFileSync(join(folder, target, 'report.json'), 'utf8'))).toMatchObject({
        resources: { neurons, synapses, weightBytes },
      })
      expect(describeDeployment(result)).toContain(
        `${target === 'nir' ? 'in the file' : 'on the chip, without the encoder'}: ${neurons} neurons, ${synapses.toLocaleString('en')} synapses, ${weightBytes!.toLocaleString('en')} bytes of weights; at most `,
      )
      expect(chips.map(({ chip }) => chip)).toEqual(
        { nir: [], speck: ['Speck / DynapCNN'], xylo: ['Xylo Audio 2'] }[target],
      )
      if (target === 'nir')
        expect(Object.values(graph.nodes).find(({ type }) => type === 'Conv2d')).toMatchObject({
          weight: { shape: [2, 1, 3, 3] },
          padding: [1, 1],
        })
      if (target === 'speck') {
        expect(Object.values(graph.nodes).map(({ type }) => type)).toContain('SumPool2d')
        expect(chips[0]).toMatchObject({ fits: true, places: [expect.any(Number), expect.any(Number)] })
        expect(result.lint.filter(({ what }) => /r other than|counted from the front/.test(what))).toEqual([])
        expect(result.lint.some(({ what }) => what.includes('rounds them to whole steps'))).toBe(true)
        // which has just been done
        expect(result.lint.filter(({ fix }) => fix?.includes('Quantise first'))).toEqual([])
      }
      if (target === 'xylo') {
        expect(result.lint.filter(({ what }) => /CubaLIF|of R I|all of the input/.test(what))).toEqual([])
        expect(result.warnings[0]).toBe(
          'Xylo Audio 2 cannot hold this network: what was measured is a simulation. Use fewer inputs: it is made for the channels of a microphone or a motion sensor.',
        )
        expect(describeDeployment(result)).toContain('Xylo Audio 2: 32 input channels, and Xylo has 16.')
      }
    },
  )

  it('lets the host flatten for a chip that takes lists of spikes', async () => {
    const { network } = importModel(tinyModel({ pool: 'AveragePool' }))
    const x = { data: Float32Array.from({ length: 64 }, (_, i) => (i % 5) / 4), shape: [1, 1, 8, 8] }
    const { snn } = await convert(network, [x], { backend: reference() })
    const parts = await splitEncoder(snn)
    // without the pooling that Xylo lacks, too
    const picture = new Network({
      inputs: parts.chip.inputs,
      nodes: [
        { name: 'flat', layer: flattenLayer({}), inputs: [parts.chip.inputs[0]!.name] },
        { name: 'fc', layer: linear(128, 4), inputs: ['flat'] },
      ],
      outputs: ['fc'],
    })
    picture.initialize()
    const moved = flattenOnHost({ ...parts, chip: picture })
    expect([moved.encoder.outputs, moved.chip.inputs]).toEqual([['flat'], [{ name: 'flat', shape: [128] }]])
    const run = (networks: readonly Network[]) =>
      compile((input: Tensor) => networks.reduce((flow, own) => own.forward(flow), repeat(input, 3)), {
        backend: reference(),
      })(x)
    expect((await run([moved.encoder, moved.chip])).data).toEqual((await run([parts.encoder, picture])).data)
    expect(flattenOnHost(parts)).toEqual(parts)
  })

  it('leaves to the host what NIR cannot say of an input, and says so', async () => {
    const net = new Network({
      inputs: [{ name: 'x', shape: [8, 8, 1] }],
      nodes: [
        { name: 'order', layer: transposeLayer({ permutation: [2, 0, 1] }), inputs: ['x'] },
        { name: 'conv', layer: conv2d(1, 2, 3), inputs: ['order'] },
        { name: 'fire', layer: integrateAndFire({ reset: { to: 0 } }), inputs: ['conv'] },
        { name: 'flat', layer: flattenLayer({}), inputs: ['fire'] },
        { name: 'fc', layer: linear(72, 4), inputs: ['flat'] },
      ],
      outputs: ['fc'],
    })
    net.initialize()
    const { host, rest } = inputOnHost(net)
    expect([host!.outputs, rest.inputs]).toEqual([['order'], [{ name: 'order', shape: [1, 8, 8] }]])
    const x = { data: Float32Array.from({ length: 192 }, (_, i) => Math.sin(i)), shape: [3, 1, 8, 8, 1] }
    const run = (networks: readonly Network[]) =>
      compile((own: Tensor) => networks.reduce((flow, part) => part.forward(flow), own), { backend: reference() })(x)
    expect((await run([host!, rest])).data).toEqual((await run([net])).data)
    expect(inputOnHost(rest)).toEqual({ host: undefined, rest })
    const path = join(folder, 'nhwc.snn.onnx')
    writeFileSync(path, await toOnnx(net, { T: 8 }))
    const result = await deploy({ target: 'nir', out: join(folder, 'nhwc') }, path)
    expect(result.files).toEqual(['network.nir', 'encoder.onnx', 'report.json'])
    expect(result.spikes.map(({ layer }) => layer)).toEqual(['fire'])
    expect(result.notes.some((note) => note.includes("What is before 'order' is not in the file"))).toBe(true)
    expect(result.notes.some((note) => /Of the tools that read NIR, .* this file as it is/.test(note))).toBe(true)
    // nobody trained it
    expect(result.warnings.some((warning) => /better than guessing/.test(warning))).toBe(true)
  })

  it('takes a spiking network, too, and refuses what the chip does otherwise unless it is allowed', async () => {
    const { network } = importModel(tinyModel({ hidden: true, pool: 'AveragePool' }))
    const x = { data: Float32Array.from({ length: 40 * 64 }, (_, i) => Math.abs(Math.sin(i))), shape: [40, 1, 8, 8] }
    const { snn } = await convert(network, [x], { backend: reference() })
    const path = join(folder, 'soft.snn.onnx')
    writeFileSync(path, await toOnnx(snn, { T: 8 }))
    await expect(deploy({}, path)).rejects.toMatchObject({
      code: 'CONVERT_UNSUPPORTED',
      message: expect.stringMatching(
        /'relu2': it is reset by subtraction.*code binary for a simulator\. Deploy the classifier .*snn deploy MODEL\.onnx --target lava \.\. Or take it as it is, .*--approximate soft-reset,initial-membrane$/s,
      ) as string,
    })
    for (const target of ['nir', 'speck', 'xylo'] as const)
      await expect(deploy({ target }, path)).rejects.toMatchObject({
        code: 'CONVERT_UNSUPPORTED',
        message: expect.stringContaining(`snn deploy MODEL.onnx --target ${target} ..`) as string,
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

  it.each(['delta', 'phase'] as const)(
    'names the classifier as the way out for a network of another code: %s',
    async (code) => {
      const { network } = importModel(tinyModel({ hidden: true, pool: 'AveragePool' }))
      const x = { data: Float32Array.from({ length: 40 * 64 }, (_, i) => Math.abs(Math.sin(i))), shape: [40, 1, 8, 8] }
      const { snn } = await convert(network, [x], { backend: reference(), code })
      const path = join(folder, `${code}.snn.onnx`)
      writeFileSync(path, await toOnnx(snn, { T: 8 }))
      for (const target of ['lava', 'nir', 'speck', 'xylo'] as const) {
        const refused: unknown = await deploy({ target }, path).catch((error: unknown) => error)
        expect(refused).toMatchObject({
          code: 'CONVERT_UNSUPPORTED',
          message: expect.stringContaining(`snn deploy MODEL.onnx --target ${target} ..`) as string,
        })
        expect((refused as Error).message).not.toMatch(/\{ [a-z]+:/i)
      }
    },
  )

  it('warns where rounding changes classes', () => {
    expect(roundingLint(0.96, 8, otherThresholds)).toEqual([])
    expect(roundingLint(0.07, 8, otherThresholds)).toMatchObject([
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
      code: 'CONVERT_UNSUPPORTED',
      message: expect.stringMatching(
        /'pool1': the maximum of windows, .*--target lava or nir, whose neurons fire.* Speck has convolutions/s,
      ) as string,
    })
    expect(calibrated).not.toContain('calibrate')
  })

  it('writes no file that its reader refuses, of a classifier or a spiking network, and says so before it calibrates', async () => {
    const averaging = join(folder, 'averaging.onnx')
    writeFileSync(averaging, tinyModel({ pool: 'AveragePool', hidden: true }))
    const stages: string[] = []
    const follow = { ...work, onProgress: ({ stage }: { readonly stage: string }) => void stages.push(stage) }
    const conv = deployModel(
      averaging,
      { target: 'xylo', calibrate: `${folder}/data:train`, samples: 60, steps: 16, out: join(folder, 'new') },
      follow,
    )
    await expect(conv).rejects.toMatchObject({
      code: 'CONVERT_UNSUPPORTED',
      message: expect.stringMatching(
        /that --target xylo has not: 'conv2': .*does not read Conv2d\. Use linear layers alone.* Xylo has linear layers/s,
      ) as string,
    })
    const leaky = sequential(
      input([1, 8, 8]),
      flatten(),
      linear(64, 8),
      lif({ reset: { to: 0 } }),
      linear(8, 8),
      lif({ reset: { to: 0 } }),
      linear(8, 4),
    )
    leaky.initialize()
    const path = join(folder, 'leaky.snn.onnx')
    writeFileSync(path, await toOnnx(leaky, { T: 8 }))
    const speck = deployModel(
      path,
      { target: 'speck', calibrate: `${folder}/data:train`, samples: 60, out: join(folder, 'new') },
      follow,
    )
    await expect(speck).rejects.toMatchObject({
      code: 'CONVERT_UNSUPPORTED',
      message: expect.stringMatching(
        /^\[deploy\] .*leaky\.snn\.onnx has layers that --target speck has not: 'lif2': Speck does not read LIF\. Use the neurons that it reads: IF\. Speck has .* Other targets may take it: --target lava/,
      ) as string,
    })
    expect(stages.filter((stage) => stage === 'calibrate' || stage === 'float')).toEqual([])
    expect(existsSync(join(folder, 'new'))).toBe(false)
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
    const texts = describeWarnings(report, deployWording(report))
    expect(texts[0]).toContain('Try --')
    for (const text of texts) expect(text).not.toMatch(/\{|--code|--per|--levels/)
    // what is on already is no advice
    expect(report.weights).toBe('calibrated')
    expect(texts[0]).toMatch(/Try --steps 32[^-]*$/)
    const kept = { ...report, weights: 'kept' as const }
    expect(describeWarnings(kept, deployWording(kept))[0]).toContain('--steps 16 --weights calibrate')
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
    await expect(deploy({ target: 'speck', softReset: false, out: join(folder, 'new') })).rejects.toThrow(
      '[deploy] --no-soft-reset with --target speck, expected it only for lava. Leave it out.',
    )
    await expect(deploy({ out: model })).rejects.toMatchObject({ code: 'OUTPUT' })
    await expect(deploy({ out: join(folder, 'new'), calibrate: join(folder, 'none') })).rejects.toMatchObject({
      code: 'DATA_NOT_FOUND',
    })
    expect(readdirSync(folder).filter((name) => name === 'new' || name.startsWith('.'))).toEqual([])
  })
})
