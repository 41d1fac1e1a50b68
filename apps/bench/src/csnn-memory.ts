import { readFileSync } from 'node:fs'
import { cpu } from '@snn/backend-cpu'
import { batchOf, csnn, trainingStep } from './csnn.js'

/**
 * Trains for some steps and prints the most memory in bytes that the process ever had. Arguments: batch size, threads,
 * steps.
 */
const [batch, threads, steps] = process.argv.slice(2).map(Number) as [number, number, number]
const step = trainingStep(csnn(), { backend: await cpu({ threads }) })
const [x, y] = batchOf(batch, 100)
for (let i = 0; i < steps; i++) await step(x, y)
// not resourceUsage().maxRSS, which a process inherits from the one that started it
console.log(1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))![1]))
