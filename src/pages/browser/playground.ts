import { allowsOrigin } from '../../../adapters/shared/origins.ts'
import type { PlaygroundSettings } from '../playground/playground-settings.ts'
import { type ChooserEvents, drawChooser, THROW_AWAY } from './playground/chooser.ts'
import { discoverEthereumWallets } from './playground/ethereum-wallets.ts'
import type { Step, WalletParts } from './playground/flow.ts'
import { fourMicaFlow } from './playground/fourmica-flow.ts'
import { moonKeyFlows } from './playground/moonkey-flows.ts'
import { formatFragment, parseFragment, type Selection, settle } from './playground/selection.ts'
import type { ChainName, Signer, WalletChoice } from './playground/signer.ts'
import { discoverSolanaWallets } from './playground/solana-wallets.ts'
import { createStepCard, type StepCard } from './playground/step-card.ts'
import { newThrowAwayKey } from './playground/throw-away-key.ts'
import { walletKitFlows } from './playground/walletkit-flows.ts'
import { h, readData, requireElement } from './shared/dom.ts'

const settings = readData<PlaygroundSettings>('settings')
const form = requireElement('chooser')
const notice = requireElement('notice')
const list = requireElement('steps')
const state = requireElement('state')
const spoken = requireElement('spoken')

const keys = new Map<ChainName, Signer>()
const wallets: WalletChoice[] = []
let walletId = THROW_AWAY
let secretKey = ''
let leave = new AbortController()

const first = settle(settings, parseFragment(location.hash))
if (first === null) notice.replaceChildren(h('p', {}, 'No project of this server speaks a dialect.'))
else begin(first)

function begin(initial: Selection): void {
  let selection = initial

  const throwAwayKey = (): Signer => {
    const key = keys.get(selection.chain) ?? newThrowAwayKey(selection.chain)
    keys.set(selection.chain, key)
    return key
  }
  const chosenWallet = () => wallets.find(({ id, chain }) => id === walletId && chain === selection.chain)

  const events: ChooserEvents = {
    select(next) {
      selection = next
      restart()
    },
    selectWallet(id) {
      walletId = id
      restart()
    },
    newKey() {
      keys.delete(selection.chain)
      restart()
    },
    enterSecretKey(text) {
      secretKey = text
    },
  }

  const draw = () => {
    const chosen = chosenWallet()
    drawChooser(
      form,
      settings,
      { selection, wallets, walletId: chosen?.id ?? THROW_AWAY, throwAwayAddress: throwAwayKey().address, secretKey },
      events,
    )
  }

  const restart = () => {
    leave.abort()
    leave = new AbortController()
    history.replaceState(null, '', formatFragment(selection, settings.projects.length === 1))
    draw()
    warnOfOrigin(selection)
    showState('signed out')
    const { chain } = selection
    const wallet: WalletParts = {
      chain,
      connect: async () => (await chosenWallet()?.connect()) ?? throwAwayKey(),
      stranger: () => newThrowAwayKey(chain),
    }
    lay(stepsOf(selection, wallet))
  }

  const found = (wallet: WalletChoice) => {
    if (wallets.some(({ id }) => id === wallet.id)) return
    wallets.push(wallet)
    draw()
  }
  requireElement('start-over').addEventListener('click', () => {
    restart()
    list.querySelector<HTMLElement>('input, button')?.focus()
  })
  addEventListener('hashchange', () => {
    const wished = settle(settings, parseFragment(location.hash))
    if (wished !== null) events.select(wished)
  })
  restart()
  discoverEthereumWallets(found)
  discoverSolanaWallets(found)
}

function stepsOf({ project, dialect, way }: Selection, wallet: WalletParts): readonly Step[] {
  switch (dialect) {
    case 'walletkit': {
      const flows = walletKitFlows(project.walletkit?.projectId ?? '', settings.hasMailbox)
      if (way === 'email-code') return flows.emailCode()
      if (way === 'magic-link') return flows.magicLink()
      if (way === 'passkey') return flows.passkey()
      return way === 'anonymous' ? flows.anonymous() : flows.wallet(wallet)
    }
    case 'moonkey': {
      const { appId = '', secretKey: made = null } = project.moonkey ?? {}
      const flows = moonKeyFlows(appId, () => made ?? secretKey)
      return way === 'challenge' ? flows.challenge(wallet) : flows.message(wallet)
    }
    case '4mica':
      return fourMicaFlow(wallet)
  }
}

/** Puts the steps on the page; each enables the next. */
function lay(steps: readonly Step[]): void {
  const { signal } = leave
  const cards: StepCard[] = steps.map((step, index) =>
    createStepCard(step, index + 1, {
      signal,
      // A key that somebody entered is not shown again; one that the server made up is no secret from this page.
      mask: (text) => (secretKey === '' ? text : text.replaceAll(secretKey, 'sk_…')),
      announce: (text) => {
        spoken.textContent = text
      },
      done(done) {
        spoken.textContent = `${done.title}: done`
        if (done.leaves !== null) showState(done.leaves)
        cards[index + 1]?.enable()
        cards[index]?.passFocus(cards[index + 1])
      },
    }),
  )
  list.replaceChildren(...cards.map(({ element }) => element))
  cards[0]?.enable()
}

function showState(now: 'signed in' | 'signed out'): void {
  state.textContent = now === 'signed in' ? 'Signed in' : 'Not signed in'
  state.className = now === 'signed in' ? 'status good' : 'status'
}

function warnOfOrigin({ project }: Selection): void {
  notice.replaceChildren()
  if (allowsOrigin(project.origins, location.origin)) return
  const home = `${settings.publicUrl}/playground`
  notice.replaceChildren(
    h(
      'p',
      { class: 'verdict bad' },
      h('strong', {}, `The project does not allow ${location.origin}.`),
      ' Messages and calls of this page will be refused. Open ',
      h('a', { href: home }, home),
      ', or add the origin to ALLOWED_ORIGINS.',
    ),
  )
}
