import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeReport } from './report/document.ts'

/* `npm run bench:report`: writes `docs/benchmarks.md` and its pictures from the results that were kept. */
const at = (path: string) => fileURLToPath(new URL(`../docs/${path}`, import.meta.url))
rmSync(at('benchmarks'), { recursive: true, force: true })
for (const [path, content] of Object.entries(writeReport())) {
  mkdirSync(dirname(at(path)), { recursive: true })
  writeFileSync(at(path), content)
  console.log(`docs/${path}`)
}
