import { copyButton, h } from './shared/dom.ts'
import { type Call, formatCurl, send } from './shared/exchange.ts'
import { viewExchange } from './shared/exchange-view.ts'

const contents = document.querySelector<HTMLDetailsElement>('.contents')
if (contents !== null && matchMedia('(max-width:860px)').matches) contents.open = false
for (const code of document.querySelectorAll('pre:is([data-language=sh],[data-language=js],[data-language=console])')) {
  const button = copyButton(
    'Copy',
    () => code.textContent ?? '',
    () => code,
  )
  code.after(h('div', { class: 'code-copy' }, button))
}
for (const form of document.querySelectorAll('form')) wire(form)
openTarget()
addEventListener('hashchange', openTarget)

/** A form that sends what it says to this origin, shows the answer, and says the same as a command. */
function wire(form: HTMLFormElement): void {
  const results = form.parentElement?.querySelector('.results')
  if (results === null || results === undefined) return
  const command = h('pre', {})
  form.append(h('details', { class: 'fields' }, h('summary', {}, 'As a curl command'), command))
  const showCommand = () => {
    try {
      command.textContent = formatCurl(readCall(form), location.origin)
    } catch (error) {
      command.textContent = messageOf(error)
    }
  }
  form.addEventListener('input', (event) => {
    if (event.target instanceof HTMLInputElement) repeatCredential(event.target)
    showCommand()
  })
  form.closest('details')?.addEventListener('toggle', showCommand)
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    void submit(form, results)
  })
}

async function submit(form: HTMLFormElement, results: Element): Promise<void> {
  try {
    results.replaceChildren(viewExchange(await send(readCall(form)), (text) => text))
  } catch (error) {
    results.replaceChildren(
      h('div', { class: 'verdict bad' }, h('strong', {}, 'Not sent'), h('p', {}, messageOf(error))),
    )
  }
}

/** @throws {SyntaxError} when the body is no JSON */
function readCall(form: HTMLFormElement): Call {
  const { method = 'GET', path = '/' } = form.dataset
  const headers: [string, string][] = []
  const query = new URLSearchParams()
  let filled = path
  for (const { value, dataset } of form.querySelectorAll('input')) {
    const { in: place, into = '', before = '' } = dataset
    if (place === 'path') filled = filled.replace(`{${into}}`, encodeURIComponent(value))
    else if (value === '') continue
    else if (place === 'query') query.append(into, value)
    else headers.push([into, before + value])
  }
  const area = form.querySelector('textarea')
  // Read and written anew: a command with line breaks in its body is no use in every shell.
  const body = area === null ? null : JSON.stringify(JSON.parse(area.value))
  if (body !== null) headers.push(['content-type', 'application/json'])
  return { method, path: query.size === 0 ? filled : `${filled}?${query}`, headers, body }
}

/** What was typed once stands in every form of the page. It is kept nowhere else. */
function repeatCredential({ dataset, value }: HTMLInputElement): void {
  const { credential } = dataset
  if (credential === undefined) return
  for (const input of document.querySelectorAll('input')) {
    if (input.dataset['credential'] === credential) input.value = value
  }
}

/** A link to an operation opens its form. */
function openTarget(): void {
  const target = document.getElementById(location.hash.slice(1))
  const form = target?.closest('.operation')?.querySelector<HTMLDetailsElement>('details.try')
  if (form !== null && form !== undefined) form.open = true
}

function messageOf(error: unknown): string {
  return error instanceof SyntaxError ? `The body is not JSON: ${error.message}` : String(error)
}
