import { expect, it } from 'vitest'
import { createVerifyEd25519 } from '../../../../core/chains/solana/ed25519.ts'
import { describeVectors, hexBytes } from '../vectors.ts'

// Below the chain, which verifies texts only: many of these messages are none.
const verify = await createVerifyEd25519()
const verdict = (publicKey: string, message: string, signature: string) =>
  verify(hexBytes(signature), hexBytes(message), hexBytes(publicKey)) ? 'valid' : 'invalid'

interface Wycheproof {
  readonly numberOfTests: number
  readonly testGroups: readonly {
    readonly publicKey: { readonly pk: string }
    readonly tests: readonly {
      readonly tcId: number
      readonly comment: string
      readonly msg: string
      readonly sig: string
      readonly result: 'valid' | 'invalid'
    }[]
  }[]
}

describeVectors('Wycheproof Ed25519', (read) => {
  const file = read<Wycheproof>('wycheproof_ed25519_test.json')
  const cases = file.testGroups.flatMap(({ publicKey: { pk }, tests }) => tests.map((test) => ({ ...test, pk })))

  it('is complete', () => {
    const valid = cases.filter(({ result }) => result === 'valid').length
    const invalid = cases.filter(({ result }) => result === 'invalid').length
    expect([file.numberOfTests, cases.length, valid, invalid]).toEqual([151, 151, 88, 63])
  })

  it.each(cases)('case $tcId is $result: $comment', ({ pk, msg, sig, result }) => {
    expect(verdict(pk, msg, sig)).toBe(result)
  })
})

describeVectors('ed25519-speccheck ("Taming the many EdDSAs", table 6)', (read) => {
  const file = read<readonly { message: string; pub_key: string; signature: string }[]>('speccheck_cases.json')

  // The row of ed25519-dalek's verify_strict, which is Solana's own.
  it.each([
    [0, 'A and R of small order', 'invalid'],
    [1, 'A of small order', 'invalid'],
    [2, 'R of small order', 'invalid'],
    // A has a small component: its owner made it so, and only they can sign. Refusing it would cost a second scalar
    // multiplication per sign-in and disagree with the chain.
    [3, 'A and R of mixed order, both equations hold', 'valid'],
    [4, 'A and R of mixed order, only the cofactored equation holds', 'invalid'],
    [5, 'A of mixed order, only the cofactored equation holds', 'invalid'],
    [6, 'S above L', 'invalid'],
    [7, 'S far above L', 'invalid'],
    [8, 'R not canonical, reduced before hashing', 'invalid'],
    [9, 'R not canonical, hashed as it is', 'invalid'],
    [10, 'A not canonical, reduced before hashing', 'invalid'],
    [11, 'A not canonical, hashed as it is', 'invalid'],
  ] as const)('case %i (%s) is %3$s', (index, _title, expected) => {
    const { message = '', pub_key = '', signature = '' } = file[index] ?? {}
    expect(hexBytes(signature)).toHaveLength(64)
    expect(verdict(pub_key, message, signature)).toBe(expected)
  })

  it('is complete', () => {
    expect(file).toHaveLength(12)
  })
})
