import { writeFileSync } from 'node:fs'
import { compiledFiles } from '../test/support/evm/compile.ts'

// The committed code is what the sources give; a test fails when they differ.
for (const { path, text } of compiledFiles()) writeFileSync(path, text)
