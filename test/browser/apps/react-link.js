import { WalletKitLink, WalletKitLinkProvider } from '@walletkit/react-link'
import { createElement } from 'react'
import { createRoot } from 'react-dom/client'

// As an application uses it: a provider around the page, and a button that opens the login.
const { environment, projectId } = JSON.parse(document.getElementById('settings').textContent)
const link = new WalletKitLink({ environment, projectId })

globalThis.link = link
globalThis.outcome = 'none'

function connect() {
  globalThis.outcome = 'waiting'
  link.connect().then(
    (address) => {
      globalThis.outcome = `connected ${address}`
    },
    (reason) => {
      globalThis.outcome = `failed ${reason}`
    },
  )
}

const button = createElement('button', { type: 'button', onClick: connect }, 'Log in')
createRoot(document.getElementById('app')).render(createElement(WalletKitLinkProvider, { link }, button))
