import { createSystemRandom } from '../../../core/random.ts'
import { createGateway } from '../../../src/gateway.ts'
import { createApp } from '../../../src/http/app.ts'
import { createLogger } from '../../../src/logger.ts'
import { createLocalMailTransport } from '../../../src/mail/local-mailbox.ts'
import { fourMicaProject } from '../../adapters/fourmica/door.ts'
import { moonKeyProject } from '../../adapters/moonkey/door.ts'
import { walletKitProject } from '../../adapters/walletkit/door.ts'
import { TestClock } from '../../support/clock.ts'
import { openTestStores } from '../../support/gateway.ts'
import type { Operation } from './operations.ts'

/** A route that no dialect's document tells: pages, health, documents. */
export interface Page {
  readonly method: string
  /** With `{name}` where a parameter stands. */
  readonly path: string
}

/** Every route of the whole application but those of these operations: a new page is among them. */
export async function readPages(operations: readonly Operation[]): Promise<readonly Page[]> {
  const stores = openTestStores('memory', 'redis://localhost')
  const clock = new TestClock()
  const random = createSystemRandom()
  const logger = createLogger('silent')
  const { moonkey } = moonKeyProject()
  const { walletkit } = walletKitProject()
  const gateway = await createGateway(
    {
      projects: [{ ...fourMicaProject(), moonkey, walletkit }],
      secrets: [random.bytes(32)],
      server: { publicUrl: 'http://localhost' },
    },
    { stores, clock, random, mail: null, report: () => {}, audit: undefined },
  )
  const { mailbox } = createLocalMailTransport({ kind: 'memory' }, { logger, clock })
  const playground = { publicUrl: 'http://localhost', hasMailbox: true, projects: [] }
  const app = createApp({ ...gateway, mailbox, playground, logger, random })
  const known = new Set(operations.map(({ method, path }) => `${method} ${path}`))
  const pages = new Map<string, Page>()
  for (const { method, path: pattern } of app.routes) {
    const path = pattern.replaceAll(/:(\w+)/g, '{$1}')
    const name = `${method} ${path}`
    if (method !== 'ALL' && !pattern.includes('*') && !known.has(name)) pages.set(name, { method, path })
  }
  await gateway.close()
  return [...pages.values()]
}
