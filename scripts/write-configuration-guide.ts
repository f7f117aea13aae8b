import { writeFileSync } from 'node:fs'
import { describeConfiguration } from '../src/config/describe-configuration.ts'
import { projectsFileJsonSchema } from '../src/config/projects-file-schema.ts'

// The committed guide and schema say what the code reads; tests fail when they differ.
const at = (path: string) => new URL(`../${path}`, import.meta.url)
writeFileSync(at('docs/guides/configuration.md'), describeConfiguration())
writeFileSync(at('config/projects.schema.json'), `${JSON.stringify(projectsFileJsonSchema(), null, 2)}\n`)
