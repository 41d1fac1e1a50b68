#!/usr/bin/env node
import { createProgram } from './program.js'
import { run } from './run.js'

const args = process.argv.slice(2)
void run((signal) => createProgram(signal).parseAsync(args, { from: 'user' }), args.includes('--json'))
