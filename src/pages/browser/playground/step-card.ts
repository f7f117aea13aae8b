import { h } from '../shared/dom.ts'
import { type Call, type Exchange, send } from '../shared/exchange.ts'
import { viewExchange } from '../shared/exchange-view.ts'
import { type Explanation, explain, explainExchange } from './explain.ts'
import { type Action, Refused, type Stage, type Step } from './flow.ts'
import { checkSignature, type SignatureCheck } from './token.ts'
import { viewToken } from './token-view.ts'

export interface StepCard {
  readonly element: HTMLElement
  /** It is this one's turn. */
  enable(): void
  /** Takes the focus from a button that is gone: to the next step's, or to what came of this one where that is out of sight. */
  passFocus(next: StepCard | undefined): void
  /** Focuses the way on, if it can be seen. */
  focus(): boolean
}

export interface StepEvents {
  readonly signal: AbortSignal
  mask(text: string): string
  /** Says something to people who do not see the page. */
  announce(text: string): void
  /** The step has been done; the next one's turn has come. */
  done(step: Step): void
}

/** One step of a flow: what happens, a button, and what came of it. */
export function createStepCard(step: Step, number: number, events: StepEvents): StepCard {
  const { field } = step
  const heading = `step-${number}`
  const input =
    field === null
      ? null
      : h('input', {
          id: `${heading}-field`,
          type: field.type,
          value: field.value,
          pattern: field.pattern,
          autocomplete: field.autocomplete,
          inputmode: field.type === 'email' ? 'email' : 'numeric',
          required: true,
        })
  const title = h('h3', { id: heading, tabindex: '-1' }, step.title)
  const results = h('div', { class: 'results' })
  const encoreResults = h('div', { class: 'results' })
  let shownIn: HTMLElement = results
  const primary = h('button', { type: 'submit' }, step.label)
  const others = step.before.map((action) =>
    h('button', { type: 'button', class: 'second', click: () => void provoke(action, results) }, action.label),
  )
  const form = h(
    'form',
    {
      hidden: true,
      submit: (event) => {
        event.preventDefault()
        void advance()
      },
    },
    ...(input === null ? [] : [h('label', { for: input.id }, field?.label ?? ''), input]),
    h('div', { class: 'buttons' }, primary, ...others),
  )
  const encore = h('div', { class: 'buttons encore', hidden: true })
  const element = h(
    'li',
    { class: 'card step', 'data-state': 'waiting' },
    h('div', { class: 'head' }, h('span', { class: 'number', 'aria-hidden': 'true' }, String(number)), title),
    h('p', {}, step.sentence),
    form,
    results,
    encore,
    encoreResults,
  )
  element.setAttribute('aria-labelledby', heading)

  const stage: Stage = {
    signal: events.signal,
    async call(call) {
      const exchange = await sendAndShow(call)
      if (exchange.status >= 400) throw new Refused(exchange)
      return exchange
    },
    async provoke(call) {
      const exchange = await sendAndShow(call)
      const wasRefused = exchange.status >= 400
      shownIn.prepend(
        viewVerdict(
          wasRefused ? 'Refused, as it should be' : 'This should have been refused',
          wasRefused,
          wasRefused ? explainExchange(exchange) : null,
        ),
      )
      events.announce(wasRefused ? `Refused with ${exchange.status}, as it should be` : 'Not refused')
    },
    showMessage: (text, signer) =>
      show(
        h(
          'figure',
          { class: 'wallet' },
          h('figcaption', {}, h('strong', {}, 'Signature request'), h('span', {}, `from ${location.host}`)),
          h(
            'p',
            {},
            h('span', { class: 'quiet' }, signer.chain === 'ethereum' ? 'Ethereum account' : 'Solana account'),
            h('code', {}, signer.address),
          ),
          h('pre', {}, text),
        ),
      ),
    showFacts: (facts) =>
      show(
        h(
          'dl',
          { class: 'facts' },
          ...facts.flatMap(([name, value]) => [h('dt', {}, name), h('dd', {}, h('code', {}, value))]),
        ),
      ),
    showNote: (text, link) =>
      show(
        h(
          'p',
          { class: 'note' },
          `${text} `,
          link === undefined ? null : h('a', { href: link.href, target: '_blank', rel: 'noopener' }, link.text),
        ),
      ),
    async showToken(token, keySetPath) {
      show(viewToken(token, await check(token, keySetPath), keySetPath))
    },
  }

  const show = (...shown: readonly Node[]) => shownIn.append(...shown)

  async function sendAndShow(call: Call): Promise<Exchange> {
    const exchange = await send(call)
    events.signal.throwIfAborted()
    // A poll shows its newest answer only.
    const last = shownIn.lastElementChild
    if (last instanceof HTMLElement && last.dataset['call'] === keyOf(call)) last.remove()
    const shown = viewExchange(exchange, events.mask)
    shown.dataset['call'] = keyOf(call)
    show(shown)
    return exchange
  }

  async function advance(): Promise<void> {
    if (await run(step, input?.value.trim() ?? '', results)) {
      form.remove()
      setState('done')
      encore.append(
        ...step.after.map((action) =>
          h(
            'button',
            { type: 'button', class: 'second', click: () => void provoke(action, encoreResults) },
            action.label,
          ),
        ),
      )
      encore.hidden = step.after.length === 0
      events.done(step)
    }
  }

  async function provoke(action: Action, where: HTMLElement): Promise<void> {
    await run(action, '', where)
  }

  async function run(action: Action, value: string, where: HTMLElement): Promise<boolean> {
    if (element.getAttribute('aria-busy') === 'true') return false
    shownIn = where
    where.replaceChildren()
    element.setAttribute('aria-busy', 'true')
    try {
      await action.run(stage, value)
      return true
    } catch (thrown) {
      if (events.signal.aborted) return false
      const explanation = explain(thrown)
      // Before the exchange, which may be longer than the window.
      where.prepend(viewVerdict('That did not work', false, explanation))
      events.announce(`That did not work. ${explanation.what}`)
      if (where === results) setState('failed')
      return false
    } finally {
      element.removeAttribute('aria-busy')
    }
  }

  function setState(state: 'current' | 'done' | 'failed'): void {
    element.dataset['state'] = state
  }

  return {
    element,
    enable() {
      setState('current')
      form.hidden = false
    },
    passFocus(next) {
      element.scrollIntoView({ block: 'start' })
      if (next?.focus() !== true) title.focus({ preventScroll: true })
    },
    focus() {
      if (primary.getBoundingClientRect().bottom > innerHeight) return false
      const target = input ?? primary
      target.focus({ preventScroll: true })
      return true
    },
  }
}

function viewVerdict(title: string, isGood: boolean, explanation: Explanation | null): HTMLElement {
  return h(
    'div',
    { class: isGood ? 'verdict good' : 'verdict bad' },
    h('strong', {}, title),
    explanation === null ? null : h('p', {}, explanation.what),
    explanation === null || isGood ? null : h('p', {}, explanation.remedy),
  )
}

async function check(token: string, keySetPath: string | null): Promise<SignatureCheck> {
  if (keySetPath === null) {
    return {
      outcome: 'not checked',
      reason: 'it is an HMAC with a secret that only this server and its resource server have',
    }
  }
  const { json } = await send({ method: 'GET', path: keySetPath, headers: [], body: null })
  return checkSignature(token, json)
}

function keyOf({ method, path, body }: Call): string {
  return `${method} ${path} ${body ?? ''}`
}
