import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Keypair } from '@solana/web3.js'
import { getBytes, Wallet } from 'ethers'
import nacl from 'tweetnacl'
import { describe, expect, it } from 'vitest'
import { createChains } from '../../../core/chains/chains.ts'
import { flipBit } from './vectors.ts'

const chains = await createChains()

describe('chains', () => {
  it('are instantiated once per process', async () => {
    expect(await createChains()).toBe(chains)
    expect((await Promise.all([createChains(), createChains()])).every((again) => again === chains)).toBe(true)
  })

  it('are found by namespace, each under its own', () => {
    expect(Object.entries(chains).map(([namespace, chain]) => [namespace, chain.namespace, chain.name])).toEqual([
      ['eip155', 'eip155', 'Ethereum'],
      ['solana', 'solana', 'Solana'],
    ])
  })

  it('never take an address or a signature of the other', async () => {
    const wallet = new Wallet(`0x${'11'.repeat(32)}`)
    const keypair = Keypair.fromSeed(new Uint8Array(32).fill(0x11))
    const message = Buffer.from('m')
    const ecdsa = getBytes(await wallet.signMessage('m'))
    const eddsa = nacl.sign.detached(message, keypair.secretKey)
    expect(chains.eip155.parseAddress(keypair.publicKey.toBase58())).toBeNull()
    expect(chains.solana.parseAddress(wallet.address)).toBeNull()
    expect(chains.solana.verify(keypair.publicKey.toBase58(), message, ecdsa)).toBe('invalid')
    expect(chains.solana.verify(keypair.publicKey.toBase58(), message, ecdsa.subarray(0, 64))).toBe('invalid')
    expect(chains.eip155.verify(wallet.address.toLowerCase(), message, eddsa)).toBe('invalid')
  })
})

describe('50 000 verifications', () => {
  setFlagsFromString('--expose-gc')
  const collectGarbage: () => void = runInNewContext('gc')
  const residentMegabytes = () => {
    collectGarbage()
    return process.memoryUsage.rss() / 2 ** 20
  }

  it('leave memory as it was, refusals included', { timeout: 120_000 }, async () => {
    const message = Buffer.alloc(4096, 'a') // leaked copies would come to 200 MB
    const wallet = new Wallet(`0x${'11'.repeat(32)}`)
    const keypair = Keypair.fromSeed(new Uint8Array(32).fill(0x11))
    const ecdsa = getBytes(await wallet.signMessage(message))
    const eddsa = nacl.sign.detached(message, keypair.secretKey)
    const evm = wallet.address.toLowerCase()
    const solana = keypair.publicKey.toBase58()
    // A sound one, one that fails in the arithmetic, one that fails before it, and one of the wrong length.
    const ecdsaCases = [ecdsa, flipBit(ecdsa, 300), new Uint8Array(65), new Uint8Array(66)]
    const eddsaCases = [eddsa, flipBit(eddsa, 300), new Uint8Array(64), new Uint8Array(66)]

    const run = (rounds: number) => {
      let valid = 0
      for (let round = 0; round < rounds; round++) {
        for (const signature of ecdsaCases) if (chains.eip155.verify(evm, message, signature) === 'valid') valid += 1
        for (const signature of eddsaCases) if (chains.solana.verify(solana, message, signature) === 'valid') valid += 1
      }
      return valid
    }
    run(500) // warm: compiled code and grown heaps are not leaks
    const before = residentMegabytes()
    expect(run(6250)).toBe(12_500)
    expect(residentMegabytes() - before).toBeLessThan(10) // measured: under 1
  })
})
