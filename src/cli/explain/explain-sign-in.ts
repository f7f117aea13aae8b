import { InvalidArgumentError } from 'commander'
import type { Account } from '../../../core/accounts/account.ts'
import type { Challenge, ChallengeKey } from '../../../core/challenges/challenge.ts'
import { AuthError } from '../../../core/errors.ts'
import { createSystemRandom } from '../../../core/random.ts'
import { explainChallengeProof, explainMessageProof } from '../../../core/sign-in/explain-proof.ts'
import { createMemoryStores } from '../../../core/stores/memory/memory-stores.ts'
import type { ProjectSettings, Settings } from '../../config/settings.ts'
import { createGateway } from '../../gateway.ts'
import type { ExplainedCase } from './case.ts'
import { describeCase } from './describe-case.ts'
import type { Dialect } from './dialects.ts'
import { type ExplainedDoor, findDoor } from './door.ts'
import type { Explanation } from './explanation.ts'
import { lookCloser } from './look-closer.ts'
import { type ExplainPorts, openExplainPorts } from './ports.ts'

/** What somebody wants to know about: one request to sign in. */
export interface ExplainRequest {
  readonly dialect: Dialect
  readonly text: string
  readonly signature: string
  /** As the request names the account. Null: not known. */
  readonly address: string | null
  readonly userId: string | null
  readonly nonceKnown: 'yes' | 'no' | null
  readonly now: Date
  readonly offline: boolean
}

/**
 * What would come of this request, and why. The verdict is that of the functions that sign people in; the rest looks closer. Nothing
 * is changed anywhere.
 *
 * @throws {InvalidArgumentError} when the dialect is switched off, or a challenge has no address beside it
 */
export async function explainSignIn(
  settings: Settings,
  project: ProjectSettings,
  request: ExplainRequest,
): Promise<Explanation> {
  const door = await openDoor(settings, project, request.dialect)
  const ports = await openExplainPorts(settings, project, {
    offline: request.offline,
    nonceKnown: request.nonceKnown,
    assume: (key) => assumeChallenge(key, door, request),
  })
  try {
    const found = await examine(ports, door, request, {
      projectId: project.id,
      projectIds: settings.projects.map(({ id }) => id),
    })
    return await describeCase(found)
  } finally {
    await ports.close()
  }
}

/** The dialect as the server would serve it. It is asked nothing, so its stores may be any. */
async function openDoor(settings: Settings, project: ProjectSettings, dialect: Dialect): Promise<ExplainedDoor> {
  const gateway = await createGateway(
    { ...settings, projects: [{ ...project, evmRpcUrls: {} }] },
    {
      stores: createMemoryStores(),
      clock: { now: () => new Date() },
      random: createSystemRandom(),
      mail: null,
      report: () => {},
    },
  )
  await gateway.close()
  const door = findDoor(gateway, dialect)
  if (door === null) throw new InvalidArgumentError(`the project has the dialect ${dialect} switched off`)
  return door
}

/** A nonce that nobody looked up may be live if it looks like one of ours. */
function assumeChallenge(
  { handle }: ChallengeKey,
  { nonce, isChallenge }: ExplainedDoor,
  { text, userId }: ExplainRequest,
): Pick<Challenge, 'context'> | null {
  const isPossible = nonce.shape.test(handle) || (handle === '' && isChallenge(text))
  return isPossible ? { context: { text, ...(userId !== null && { userId }) } } : null
}

async function examine(
  ports: ExplainPorts,
  door: ExplainedDoor,
  { text, signature, address, userId, now }: ExplainRequest,
  projects: Pick<ExplainedCase, 'projectId' | 'projectIds'>,
): Promise<ExplainedCase> {
  const isChallenge = door.isChallenge(text)
  if (isChallenge && address === null) {
    throw new InvalidArgumentError('--address is needed: the text is a challenge, which does not name its wallet')
  }
  const named = readAddress(door, address)
  const shown = { account: door.isAccountNamed ? named.account : null, userId, text, signature }
  const proof = door.messageProof(shown)
  const { challengeProof } = door
  const explained =
    isChallenge && challengeProof !== null && named.account !== null
      ? await explainChallengeProof(ports, challengeProof({ ...shown, account: named.account }), now)
      : await explainMessageProof(ports, proof, now)
  // The request's own address is read before the core is asked. Without it nothing can be said of a challenge.
  const others = isChallenge && named.account === null ? [] : [explained.refusal, ...explained.also]
  const refusals = [named.refusal, ...others].filter((refusal) => refusal !== null)
  const form = isChallenge ? ('challenge' as const) : ('message' as const)
  const request = { requestAccount: named.account, requestAddress: address }
  const known = { ports, door, ...projects, form, now, proof, ...request, explained, refusals }
  return { ...known, ...(await lookCloser(known)) }
}

function readAddress(
  door: ExplainedDoor,
  address: string | null,
): { readonly account: Account | null; readonly refusal: AuthError | null } {
  try {
    return { account: address === null ? null : door.parseAddress(address), refusal: null }
  } catch (error) {
    if (error instanceof AuthError) return { account: null, refusal: error }
    throw error
  }
}
