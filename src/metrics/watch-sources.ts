import type { Registry } from 'prom-client'
import type { Outbox } from '../../core/mail/outbox.ts'
import type { KeySetOwner } from '../../core/stores/key-store.ts'
import type { AuditCounters } from '../audit/audit-writer.ts'
import type { ReloadCounts } from '../reload/reload-counts.ts'
import type { ChainCounts } from '../rpc/open-contract-accounts.ts'
import type { Webhooks } from '../webhooks/open-webhooks.ts'
import { watchReloads } from './watch-reloads.ts'

type Client = typeof import('prom-client')

/** A key pair that signs now. */
export interface SigningKeyFacts extends KeySetOwner {
  readonly createdAt: Date
}

/** What is looked up when somebody asks, rather than counted when it happens. */
export interface Sources {
  /** Resolves when requests can be served. */
  prepare(): Promise<void>
  /** Null: there is nowhere to send mail to. */
  readonly outbox: Pick<Outbox, 'counters' | 'waiting'> | null
  /** Null: facts are not kept. */
  readonly audit: { counters(): Readonly<Record<string, AuditCounters>> } | null
  /** Null: nobody is told of facts. */
  readonly webhooks: Pick<Webhooks, 'counters' | 'waiting'> | null
  /** What was asked of other people's RPC servers. */
  chainCounts(): readonly ChainCounts[]
  /** The signing keys at hand. */
  signingKeys(): readonly SigningKeyFacts[]
  /** Null: this process reads no configuration again, or its supervisor does. */
  readonly reloads: ReloadCounts | null
}

/** Series of their own for so many key sets, the oldest keys first; the oldest of all is always shown. */
const MAX_KEY_SERIES = 100

/**
 * Registers what these sources say. What cannot be found out now is left out of the answer, never shown as 0; readiness then says
 * that something is wrong. Called again with the same sources it registers what has come to be since.
 */
export function watchSources(client: Client, registry: Registry, sources: Sources): void {
  const isNew = (name: string) => registry.getSingleMetric(name) === undefined
  if (isNew(READY)) watchServer(client, registry, sources)
  if (sources.chainCounts().length > 0 && isNew(VERDICTS)) watchContractAccounts(client, registry, sources)
  if (sources.webhooks !== null && isNew(`${WEBHOOKS.name}_total`))
    watchQueue(client, registry, WEBHOOKS, () => sources.webhooks)
  if (sources.audit !== null && isNew(AUDIT_FACTS)) watchAudit(client, registry, sources)
  if (sources.outbox !== null && isNew(`${MAILS.name}_total`)) watchQueue(client, registry, MAILS, () => sources.outbox)
}

const READY = 'walletgate_ready'
const VERDICTS = 'walletgate_contract_verdicts_total'
const AUDIT_FACTS = 'walletgate_audit_facts_total'

function watchServer(client: Client, registry: Registry, sources: Sources): void {
  const registers = [registry]
  if (sources.reloads !== null) watchReloads(client, registry, sources.reloads)
  new client.Gauge({
    name: READY,
    help: '1 when the store answers and every signing key is at hand, else 0.',
    aggregator: 'min',
    registers,
    async collect() {
      this.set(await settles(sources.prepare()))
    },
  })
  new client.Gauge({
    name: 'walletgate_signing_key_created_timestamp_seconds',
    help: 'When the key that signs was made; its age is time() minus this. The oldest keys only, where there are many.',
    labelNames: ['project', 'dialect'],
    aggregator: 'min',
    registers,
    collect() {
      this.reset()
      const oldest = sources.signingKeys().toSorted(byAge).slice(0, MAX_KEY_SERIES)
      for (const { projectId, door, createdAt } of oldest) {
        this.set({ project: projectId, dialect: door }, createdAt.getTime() / 1000)
      }
    },
  })
  new client.Gauge({
    name: 'walletgate_oldest_signing_key_created_timestamp_seconds',
    help: 'When the oldest of all keys that sign was made.',
    aggregator: 'min',
    registers,
    collect() {
      const [oldest] = sources.signingKeys().toSorted(byAge)
      if (oldest === undefined) this.remove()
      else this.set(oldest.createdAt.getTime() / 1000)
    },
  })
}

/** What waits to go out, and what became of it. */
interface Outgoing {
  counters(): object
  waiting(): Promise<number>
}

interface OutgoingNames {
  readonly name: string
  readonly help: string
  readonly helpWaiting: string
}

const MAILS: OutgoingNames = {
  name: 'walletgate_mails',
  help: 'Mails by what became of them: queued, sent, retried (attempts that failed), dropped, flooded (not accepted).',
  helpWaiting: 'Mails of all replicas that wait to be sent.',
}
const WEBHOOKS: OutgoingNames = {
  name: 'walletgate_webhooks',
  help: 'Webhooks by what became of them: queued, sent, retried (attempts that failed), dropped, lost (not queued).',
  helpWaiting: 'Webhooks of all replicas that wait to be delivered.',
}

function watchQueue(
  client: Client,
  registry: Registry,
  { name, help, helpWaiting }: OutgoingNames,
  queue: () => Outgoing | null,
): void {
  const registers = [registry]
  new client.Counter({
    name: `${name}_total`,
    help,
    labelNames: ['outcome'],
    registers,
    collect() {
      this.reset()
      for (const [outcome, count] of Object.entries(queue()?.counters() ?? {})) this.inc({ outcome }, Number(count))
    },
  })
  new client.Gauge({
    name: `${name}_waiting`,
    help: helpWaiting,
    aggregator: 'max',
    registers,
    async collect() {
      const waiting = await queue()
        ?.waiting()
        .catch(() => null)
      if (waiting == null) this.remove()
      else this.set(waiting)
    },
  })
}

/** By chain, over all projects: so many series as there are chains. */
function watchContractAccounts(client: Client, registry: Registry, sources: Sources): void {
  const registers = [registry]
  new client.Counter({
    name: VERDICTS,
    help: 'Signatures of contract accounts judged, by the cause of the verdict.',
    labelNames: ['chain', 'reason'],
    registers,
    collect() {
      this.reset()
      for (const { chainId: chain, verdicts } of sources.chainCounts()) {
        for (const [reason, count] of Object.entries(verdicts)) this.inc({ chain, reason }, count)
      }
    },
  })
  new client.Counter({
    name: 'walletgate_contract_verdict_seconds_total',
    help: 'How long those verdicts took together, waiting for RPC servers.',
    labelNames: ['chain'],
    registers,
    collect() {
      this.reset()
      for (const { chainId: chain, milliseconds } of sources.chainCounts()) {
        this.inc({ chain }, milliseconds / 1000)
      }
    },
  })
  new client.Counter({
    name: 'walletgate_rpc_requests_total',
    help: 'Requests sent to RPC servers, by how they ended; turned_away were not sent, because too many were under way.',
    labelNames: ['chain', 'outcome'],
    registers,
    collect() {
      this.reset()
      for (const { chainId: chain, requests, turnedAway } of sources.chainCounts()) {
        for (const [outcome, count] of Object.entries(requests)) this.inc({ chain, outcome }, count)
        this.inc({ chain, outcome: 'turned_away' }, turnedAway)
      }
    },
  })
}

function watchAudit(client: Client, registry: Registry, sources: Sources): void {
  const registers = [registry]
  const counters = () => Object.entries(sources.audit?.counters() ?? {})
  new client.Counter({
    name: AUDIT_FACTS,
    help: 'Facts of the audit trail, by sink: written, or lost because the sink did not take them for too long.',
    labelNames: ['sink', 'outcome'],
    registers,
    collect() {
      this.reset()
      for (const [sink, { written, lost }] of counters()) {
        this.inc({ sink, outcome: 'written' }, written)
        this.inc({ sink, outcome: 'lost' }, lost)
      }
    },
  })
  new client.Gauge({
    name: 'walletgate_audit_facts_waiting',
    help: 'Facts that wait to be written.',
    labelNames: ['sink'],
    registers,
    collect() {
      this.reset()
      for (const [sink, { waiting }] of counters()) this.set({ sink }, waiting)
    },
  })
}

function byAge(a: SigningKeyFacts, b: SigningKeyFacts): number {
  return a.createdAt.getTime() - b.createdAt.getTime()
}

function settles(work: Promise<void>): Promise<0 | 1> {
  return work.then(
    () => 1,
    () => 0,
  )
}
