import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeReport } from './report/document.ts'
import { withExcerpt } from './report/readme.ts'
import { readResults } from './results.ts'
import type { SignInResults } from './sign-in-results.ts'

/* `npm run bench:report`: writes `docs/benchmarks.md`, its pictures and the README's excerpt from the results that were kept. */
const at = (path: string) => fileURLToPath(new URL(`../docs/${path}`, import.meta.url))
rmSync(at('benchmarks'), { recursive: true, force: true })
for (const [path, content] of Object.entries(writeReport())) {
  mkdirSync(dirname(at(path)), { recursive: true })
  writeFileSync(at(path), content)
  console.log(`docs/${path}`)
}
const signIns = readResults<SignInResults>('sign-in')
if (signIns !== null) {
  writeFileSync(at('../README.md'), withExcerpt(readFileSync(at('../README.md'), 'utf8'), signIns))
  console.log('README.md')
}
