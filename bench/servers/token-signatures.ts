import { createHmac, generateKeyPairSync, randomBytes, sign } from 'node:crypto'

/*
 * What one signature of a token costs by itself, with Node's own cryptography and nothing around it: CPU microseconds by algorithm,
 * as one line of JSON.
 */
const COUNT = Number(process.env['BENCH_SIGNATURES'] ?? 2_000)
// The length of a session token's header and claims.
const bytes = randomBytes(600)
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
const secret = randomBytes(32)

const costs = {
  HS256: costOf(() => createHmac('sha256', secret).update(bytes).digest('base64url')),
  RS256: costOf(() => sign('sha256', bytes, rsa).toString('base64url')),
  ES256: costOf(() => sign('sha256', bytes, { key: ec, dsaEncoding: 'ieee-p1363' }).toString('base64url')),
}
process.stdout.write(`${JSON.stringify(costs)}\n`)

function costOf(act: () => string): number {
  for (let warm = 0; warm < COUNT / 4; warm += 1) act()
  const before = process.cpuUsage()
  for (let call = 0; call < COUNT; call += 1) act()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / COUNT
}
