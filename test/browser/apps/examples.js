import { connect, createConfig, http, injected } from '@wagmi/core'
import { mainnet } from '@wagmi/core/chains'
import { getWallets } from '@wallet-standard/app'
import { signInWithViem } from '../../../examples/front-ends/viem.ts'
import { signInWithWagmi } from '../../../examples/front-ends/wagmi.ts'
import { canSignIn, signInWithWalletStandard } from '../../../examples/front-ends/wallet-standard.ts'

// As an application uses the examples. The test calls it from outside.
const { environment: url, projectId } = JSON.parse(document.getElementById('settings').textContent)
const gateway = { url, projectId }

async function announced() {
  const provider = new Promise((resolve) =>
    addEventListener('eip6963:announceProvider', ({ detail }) => resolve(detail.provider), {
      once: true,
    }),
  )
  dispatchEvent(new Event('eip6963:requestProvider'))
  return provider
}

Object.assign(globalThis, {
  viem: async () => signInWithViem(gateway, await announced()),
  async wagmi() {
    const config = createConfig({ chains: [mainnet], transports: { [mainnet.id]: http() } })
    const provider = await announced()
    await connect(config, {
      connector: injected({ target: { id: 'test', name: 'Test', provider } }),
    })
    return signInWithWagmi(gateway, config)
  },
  walletStandard() {
    const wallet = getWallets().get().find(canSignIn)
    if (wallet === undefined) throw new Error('there is no wallet')
    return signInWithWalletStandard(gateway, wallet)
  },
})
