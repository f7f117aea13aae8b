import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ConfigError } from '../../../src/config/config-error.ts'
import { fuzzBudget } from '../../support/fuzz-budget.ts'
import { JWT_SECRET, loadWith, PINNED_PROJECT, SECRET_KEY, WITH_FILE } from './load-with.ts'

const CANARY = 'Zq7canary9X'
const SECRETS = [CANARY, SECRET_KEY, JWT_SECRET]

/** Loads; a refusal has to be one of ours, to name faults with remedies, and to say no secret. */
function load(file: unknown): 'loaded' | 'refused' {
  try {
    loadWith(WITH_FILE, file)
    return 'loaded'
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    expect(error.faults.length).toBeGreaterThan(0)
    const said = `${error.message}${error.stack}${JSON.stringify(error)}`
    for (const secret of SECRETS) expect(said).not.toContain(secret)
    // One line for each fault: nobody forges another.
    for (const { name, problem, remedy } of error.faults) expect(`${name}${problem}${remedy}`).not.toMatch(/\p{Cc}/u)
    return 'refused'
  }
}

const value = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom<unknown>(
    CANARY,
    [CANARY],
    { [SECRET_KEY]: CANARY },
    '',
    ' ',
    '\0',
    `${CANARY}\n${CANARY}`,
    -1,
    Number.POSITIVE_INFINITY,
    null,
  ),
  fc.constantFrom<unknown>(
    `https://user:${CANARY}@x.example`,
    `https://${CANARY}`,
    'http://localhost:*',
    '*',
    '__proto__',
  ),
  fc.string({ unit: 'binary', maxLength: 30 }),
)

/** Every place of the file, to its leaves. */
function placesIn(part: unknown, place: readonly (string | number)[] = []): readonly (readonly (string | number)[])[] {
  if (typeof part !== 'object' || part === null) return [place]
  const inside = Object.entries(part).flatMap(([key, each]) =>
    placesIn(each, [...place, Array.isArray(part) ? Number(key) : key]),
  )
  return [place, ...inside]
}

function withAt(part: unknown, [step, ...rest]: readonly (string | number)[], put: unknown): unknown {
  if (step === undefined) return put
  if (Array.isArray(part)) return part.with(Number(step), withAt(part[Number(step)], rest, put))
  return { ...(part as object), [step]: withAt(Reflect.get(part as object, step), rest, put) }
}

const FILE = {
  server: {
    port: 8787,
    publicUrl: 'https://auth.example.com',
    trustedProxies: ['10.0.0.0/8'],
    redisUrl: `redis://:${CANARY}@127.0.0.1`,
  },
  projects: [
    PINNED_PROJECT,
    { ...PINNED_PROJECT, id: 'other', walletkit: { projectId: 'other' }, moonkey: undefined, fourmica: undefined },
  ],
}

describe('whatever stands in the projects file', () => {
  it('is settings, or faults without what stood there', () => {
    const seen = { loaded: 0, refused: 0 }
    fc.assert(
      fc.property(fc.constantFrom(...placesIn(FILE)), value, (place, put) => {
        seen[load(withAt(FILE, place, put))] += 1
      }),
      fuzzBudget(1_500),
    )
    expect(seen.refused).toBeGreaterThan(100)
  })

  it('is settings or faults with a key that nobody knows in any place', () => {
    const objects = placesIn(FILE).filter((place) => {
      const found = place.reduce<unknown>((part, step) => Reflect.get(part as object, step), FILE)
      return typeof found === 'object' && found !== null && !Array.isArray(found)
    })
    const keys = fc.oneof(
      fc.constantFrom('__proto__', 'constructor', SECRET_KEY, 'toString', ''),
      fc.string({ unit: 'binary', maxLength: 40 }),
    )
    fc.assert(
      fc.property(fc.constantFrom(...objects), keys, value, (place, key, put) => {
        load(withAt(FILE, [...place, key], put))
      }),
      fuzzBudget(500),
    )
    expect(SECRET_KEY in {}).toBe(false)
  })

  it('is faults when it is any text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), fc.json()), (text) => {
        expect(load(text)).toBe('refused')
        load(`${JSON.stringify(FILE).slice(0, 40)}${CANARY}${text}`)
      }),
      fuzzBudget(500),
    )
  })
})
