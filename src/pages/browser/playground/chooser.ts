import type { PlaygroundSettings } from '../../playground/playground-settings.ts'
import { h } from '../shared/dom.ts'
import { CHAINS, DIALECTS, knowsChain, needsWallet, type Selection, settle, speaks, WAYS } from './selection.ts'
import type { WalletChoice } from './signer.ts'

/** The wallet that is this page. */
export const THROW_AWAY = 'throw-away'

export interface ChooserState {
  readonly selection: Selection
  readonly wallets: readonly WalletChoice[]
  readonly walletId: string
  /** The address of the key in the page. */
  readonly throwAwayAddress: string
  readonly secretKey: string
}

export interface ChooserEvents {
  select(selection: Selection): void
  selectWallet(id: string): void
  newKey(): void
  enterSecretKey(text: string): void
}

/** Enough of an address to tell it from others. */
function shorten(address: string): string {
  return `${address.slice(0, 10)}…${address.slice(-8)}`
}

/** The form that says what to try. Draws itself anew into `form` whenever something changes, and keeps the focus. */
export function drawChooser(
  form: HTMLElement,
  settings: PlaygroundSettings,
  state: ChooserState,
  events: ChooserEvents,
): void {
  const { selection } = state
  const { project, dialect, way, chain } = selection
  const change = (wish: Parameters<typeof settle>[1]) => {
    const settled = settle(settings, { projectId: project.id, dialect, way, chain, ...wish })
    if (settled !== null) events.select(settled)
  }
  const focused = document.activeElement?.id ?? ''
  form.replaceChildren(
    ...(settings.projects.length > 1 ? [projectField(settings, project.id, (projectId) => change({ projectId }))] : []),
    radios(
      'Dialect',
      'dialect',
      DIALECTS,
      dialect,
      (name) => speaks(project, name),
      (name) => change({ dialect: name }),
    ),
    ...(WAYS[dialect].length > 1
      ? [
          radios(
            'Way in',
            'way',
            WAYS[dialect],
            way,
            () => true,
            (name) => change({ way: name }),
          ),
        ]
      : []),
    ...(needsWallet(selection)
      ? [
          radios(
            'Chain',
            'chain',
            CHAINS,
            chain,
            (name) => knowsChain(dialect, name),
            (name) => change({ chain: name }),
          ),
          walletField(state, events),
        ]
      : []),
    ...(dialect === 'moonkey' && project.moonkey?.secretKey === null ? [secretKeyField(state, events)] : []),
  )
  if (focused !== '' && form.contains(document.getElementById(focused))) document.getElementById(focused)?.focus()
}

function radios<T extends string>(
  title: string,
  group: string,
  options: readonly (readonly [T, string])[],
  chosen: T,
  isOffered: (name: T) => boolean,
  choose: (name: T) => void,
): HTMLElement {
  const drawn = options.map(([name, label]) => {
    const id = `${group}-${name}`
    const input = h('input', {
      type: 'radio',
      name: group,
      id,
      value: name,
      checked: name === chosen,
      disabled: !isOffered(name),
      change: () => choose(name),
    })
    return h('span', {}, input, h('label', { for: id }, label))
  })
  return h('fieldset', {}, h('legend', {}, title), h('div', { class: 'segments' }, ...drawn))
}

function walletField(state: ChooserState, events: ChooserEvents): HTMLElement {
  const { selection, wallets, walletId, throwAwayAddress } = state
  const own = option(
    THROW_AWAY,
    'Throw-away key',
    null,
    walletId,
    events,
    h('code', { class: 'address', title: throwAwayAddress }, shorten(throwAwayAddress)),
  )
  const others = wallets
    .filter(({ chain }) => chain === selection.chain)
    .map(({ id, name, icon }) => option(id, name, icon, walletId, events, null))
  return h(
    'fieldset',
    {},
    h('legend', {}, 'Wallet'),
    h('div', { class: 'wallets' }, own, ...others),
    walletId === THROW_AWAY
      ? h('button', { type: 'button', class: 'small', id: 'new-key', click: () => events.newKey() }, 'Make another key')
      : null,
    others.length === 0 ? h('p', { class: 'quiet' }, 'Wallets of this browser appear here by themselves.') : null,
  )
}

function option(
  id: string,
  name: string,
  icon: string | null,
  chosen: string,
  events: ChooserEvents,
  detail: HTMLElement | null,
): HTMLElement {
  const input = h('input', {
    type: 'radio',
    name: 'wallet',
    id: `wallet-${id}`,
    checked: id === chosen,
    change: () => events.selectWallet(id),
  })
  const picture = icon === null ? null : h('img', { src: icon, alt: '', width: '24', height: '24' })
  return h('span', {}, input, h('label', { for: input.id }, picture, h('span', {}, h('strong', {}, name), detail)))
}

function secretKeyField({ secretKey }: ChooserState, events: ChooserEvents): HTMLElement {
  const input = h('input', {
    type: 'password',
    id: 'secret-key',
    autocomplete: 'off',
    value: secretKey,
    'aria-describedby': 'secret-key-hint',
    input: (event) => events.enterSecretKey((event.target as HTMLInputElement).value.trim()),
  })
  return h(
    'div',
    { class: 'field' },
    h('label', { for: 'secret-key' }, 'Secret key of the App'),
    input,
    h(
      'p',
      { class: 'quiet', id: 'secret-key-hint' },
      'The page plays the back end of the App. It keeps the key until it is reloaded.',
    ),
  )
}

function projectField(
  { projects }: PlaygroundSettings,
  chosen: string,
  choose: (projectId: string) => void,
): HTMLElement {
  const options = projects.map(({ id, name }) => h('option', { value: id, selected: id === chosen }, `${name} (${id})`))
  const select = h(
    'select',
    { id: 'project', change: (event) => choose((event.target as HTMLSelectElement).value) },
    ...options,
  )
  return h('div', { class: 'field' }, h('label', { for: 'project' }, 'Project'), select)
}
