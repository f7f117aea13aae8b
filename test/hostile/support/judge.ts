import { Ajv2020 } from 'ajv/dist/2020.js'
import type { RawAnswer } from '../../support/raw-http.ts'
import { SpecCheck } from '../../support/spec-check.ts'
import { CANARY } from './hostile-values.ts'
import type { DialectName, Operation, Schema } from './operations.ts'
import { asResponse, type WireRequest } from './wire.ts'

const SPECS: Readonly<Record<DialectName, SpecCheck>> = {
  '4mica': new SpecCheck('4mica.openapi.yaml', 'FourMicaErrorReply'),
  moonkey: new SpecCheck('moonkey.openapi.yaml', 'MoonKeyErrorReply'),
  walletkit: new SpecCheck('walletkit.openapi.yaml', 'WalletKitErrorResponse'),
}
/** Under a path that is nobody's, a document speaks of nothing but its error shape. */
const NOWHERE = '/nowhere'

/** Words that only our insides know: stacks, files, libraries, stores. */
const LEAKS =
  /\bat [\w.<>]+ \(|\.(?:[cm]?[jt]s):\d+|node_modules|node:|\/(?:home|root|usr|app|src|core|adapters|dist)\/|\b(?:zod|hono|pino|ioredis|redis|lua|sql|evalsha|undici|libauth|libsodium|simplewebauthn|nodemailer|TypeError|RangeError|SyntaxError|ReferenceError|AuthError|ZodError|ECONN\w+|ENOENT)\b|is not a function|Unexpected token|Cannot read|stack/i

/** The server's own shape, for what belongs to no dialect. */
function isServerError(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const [[name, text] = [], ...rest] = Object.entries(value)
  return name === 'error' && typeof text === 'string' && text !== '' && rest.length === 0
}

/** What is wrong with this answer to a hostile request; null: nothing. */
export async function judge(
  operation: Operation,
  good: WireRequest,
  request: WireRequest,
  answer: RawAnswer | null,
): Promise<string | null> {
  if (answer === null) return 'no answer'
  const fault = faultOfHead(answer) ?? faultOfText(request.headers, answer)
  if (fault !== null) return fault
  const { status } = answer
  if (request.method === 'HEAD') return null
  const isUnchanged = request.target === good.target && request.method === good.method
  try {
    const response = asResponse(answer, request.method)
    if (isUnchanged && !isUnparsed(answer))
      await SPECS[operation.dialect].check(request.method, operation.path, response)
    else if (status >= 400) await requireErrorShape(operation.dialect, response)
  } catch (error) {
    return (error as Error).message
  }
  if (status < 400 && isUnchanged && mustBeRefused(operation, good, request))
    return `${status}, though its schema refuses it`
  return null
}

/** Is it what `GET /` answers? It leads to one of two places, whatever was sent. */
export function isFront({ status, headers, body }: RawAnswer): boolean {
  return status === 302 && ['/docs', '/playground'].includes(headers.get('location') ?? '') && body === ''
}

/** Status and header fields that every answer obeys. */
export function faultOfHead(answer: RawAnswer): string | null {
  const { status, headers } = answer
  if (!isFront(answer) && !(status >= 200 && status < 300) && !(status >= 400 && status < 500))
    return `status ${status}`
  if (headers.get('cache-control') !== 'no-store')
    return `${status} with Cache-Control: ${headers.get('cache-control')}`
  if (!/^[\w-]{8,64}$/.test(headers.get('x-request-id') ?? '')) return `${status} without a request id`
  for (const name of ['set-cookie', 'location', 'x-powered-by', 'server', 'content-encoding', 'x-injected']) {
    if (headers.has(name) && !(name === 'location' && isFront(answer))) return `${status} with ${name}`
  }
  return null
}

/** Insides, or what was sent, in an answer that refuses. */
export function faultOfText(headers: WireRequest['headers'], answer: RawAnswer): string | null {
  const { status } = answer
  const head = JSON.stringify([...answer.headers])
  if (head.includes(CANARY)) return `${status} with what was sent in its head: ${head}`
  if (status < 400) return null
  const leak = LEAKS.exec(answer.body)?.[0]
  if (leak !== undefined) return `${status} that says "${leak}": ${answer.body.slice(0, 300)}`
  if (answer.body.includes(CANARY)) return `${status} with what was sent: ${answer.body.slice(0, 300)}`
  const credential = headers.find(([name, value]) => /^authorization$/i.test(name) && value.length > 20)?.[1].slice(-16)
  if (credential !== undefined && answer.body.includes(credential)) return `${status} with the credential`
  return null
}

/** An answer from before the application: what came was no HTTP request. */
function isUnparsed({ status, body }: RawAnswer): boolean {
  return (status === 400 || status === 431 || status === 413 || status === 408) && isServerError(tryJson(body))
}

async function requireErrorShape(dialect: DialectName, response: Response): Promise<void> {
  const body = tryJson(await response.clone().text())
  if (isServerError(body) && /^application\/json/.test(response.headers.get('content-type') ?? '')) return
  await SPECS[dialect].check('POST', NOWHERE, response)
}

/** Is it JSON that the operation's own schema refuses, or no JSON at all? */
function mustBeRefused({ body: schema }: Operation, good: WireRequest, { headers, body }: WireRequest): boolean {
  if (schema === null || headers !== good.headers) return false
  const text = Buffer.from((body ?? '') as string).toString('utf8')
  if (text.startsWith('\ufeff')) return false // Whether a mark is passed over is the reader's choice (RFC 8259 §8.1).
  const value = tryJson(text)
  return value === undefined || !validatorOf(schema)(value)
}

const ajv = new Ajv2020({ strict: false, validateFormats: false })
const validators = new WeakMap<Schema, (value: unknown) => boolean>()

function validatorOf(schema: Schema): (value: unknown) => boolean {
  const known = validators.get(schema) ?? ajv.compile(schema)
  validators.set(schema, known)
  return known
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
