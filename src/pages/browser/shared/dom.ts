export type Child = Node | string | null
type Attributes = Readonly<Record<string, string | boolean | ((event: Event) => void)>>

/** A new element. Text stays text: nothing here is ever read as HTML. A function is a listener, `true` an attribute without value. */
export function h<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Attributes,
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(key, value)
    else if (value !== false) element.setAttribute(key, value === true ? '' : value)
  }
  element.append(...children.filter((child) => child !== null))
  return element
}

/** The element with this id. @throws when the page lacks it, which is a defect of ours */
export function requireElement(id: string): HTMLElement {
  const element = document.getElementById(id)
  if (element === null) throw new Error(`the page has no #${id}`)
  return element
}

/** What the server wrote into a data block of the page. */
export function readData<T>(id: string): T {
  return JSON.parse(requireElement(id).textContent ?? '') as T
}

/** A button that puts text on the clipboard and says so. Without one (a page that is not secure) it selects the text instead. */
export function copyButton(label: string, text: () => string, shown: () => Element): HTMLButtonElement {
  const button = h('button', { type: 'button', class: 'small', click: () => void copy() }, label)
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text())
      button.textContent = 'Copied'
    } catch {
      getSelection()?.selectAllChildren(shown())
      button.textContent = 'Selected: now copy it'
    }
    setTimeout(() => {
      button.textContent = label
    }, 2_000)
  }
  return button
}
