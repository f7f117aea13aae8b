import type { Call } from '../shared/exchange.ts'
import { type Action, post, readText, required, type Stage, type Step, step, type WalletParts } from './flow.ts'
import { makePasskey, usePasskey } from './passkeys.ts'
import { type Signer, signInText } from './signer.ts'

interface Session {
  readonly id: string
  readonly userId: string
  readonly accessToken: string
  readonly refreshToken: string
}

/** A link is waited for this long, and looked for this often, milliseconds. */
const LINK_LIMIT_MS = 15 * 60_000
const POLL_MS = 1_500

const SIX_DIGITS = '[0-9]{6}'

/** The ways of signing in at WalletKit, for one project. */
export function walletKitFlows(projectId: string, hasMailbox: boolean) {
  const project: Call['headers'] = [['x-walletkit-project-id', projectId]]
  const keySetPath = `/users/jwks/${encodeURIComponent(projectId)}`
  let session: Session | undefined

  const open = async (stage: Stage, call: Call): Promise<void> => {
    const exchange = await stage.call(call)
    session = {
      id: readText(exchange, 'id'),
      userId: readText(exchange, 'user_id'),
      accessToken: readText(exchange, 'access_token'),
      refreshToken: readText(exchange, 'refresh_token'),
    }
    stage.showFacts([
      ['User', session.userId],
      ['Session', session.id],
    ])
    await stage.showToken(session.accessToken, keySetPath)
  }
  const bearer = (): Call['headers'] => [...project, ['authorization', `Bearer ${required(session).accessToken}`]]

  /** What every session of the dialect can do. */
  const rest = (): readonly Step[] => [
    step({
      title: 'Use the token',
      sentence: 'The access token says who calls; here it asks for the wallets of its user.',
      label: 'List my wallets',
      run: async (stage) => {
        await stage.call({ method: 'GET', path: '/wallets', headers: bearer(), body: null })
      },
    }),
    step({
      title: 'Refresh',
      sentence: 'The refresh token is swapped for a new pair of tokens, without the wallet.',
      label: 'Swap the refresh token',
      run: (stage) => {
        const { id, refreshToken } = required(session)
        return open(stage, post('/users/refresh-token', project, { session_id: id, refresh_token: refreshToken }))
      },
    }),
    step(
      {
        title: 'Log out',
        sentence: 'The session ends on the server: its tokens are refused from now on.',
        label: 'Log out',
        run: async (stage) => {
          await stage.call({ method: 'POST', path: '/users/logout', headers: bearer(), body: null })
        },
      },
      {
        leaves: 'signed out',
        after: [
          {
            label: 'Try the old access token',
            run: (stage) => stage.provoke({ method: 'GET', path: '/wallets', headers: bearer(), body: null }),
          },
        ],
      },
    ),
  ]

  return {
    wallet({ connect, stranger }: WalletParts): readonly Step[] {
      let signer: Signer | undefined
      let nonce: string | undefined
      let userId: string | undefined
      let text: string | undefined
      let signature: string | undefined
      const verify = (signed: string | undefined): Call =>
        post('/users/verify-login', project, {
          user_id: required(userId),
          siwe_message: required(text),
          signature: required(signed),
        })
      return [
        step({
          title: 'Get a nonce',
          sentence: 'The server makes a random value that only this wallet may use, once, within ten minutes.',
          label: 'Ask for a nonce',
          run: async (stage) => {
            signer = await connect()
            const exchange = await stage.call(
              post('/users/login-with-wallet', project, { sign_in_wallet: signer.address }),
            )
            nonce = readText(exchange, 'nonce')
            userId = readText(exchange, 'user_id')
          },
        }),
        step({
          title: 'Sign the message',
          sentence:
            'The page puts the nonce into a message that names this site, and the wallet signs it. Nothing is sent.',
          label: 'Sign the message',
          run: async (stage) => {
            const from = required(signer)
            text = signInText(from, hereTerms(required(nonce)))
            stage.showMessage(text, from)
            signature = await from.sign(text)
            stage.showFacts([['Signature', signature]])
          },
        }),
        step(
          {
            title: 'Verify and sign in',
            sentence:
              'The server checks message, signature and nonce, and opens a session with an access and a refresh token.',
            label: 'Verify the signature',
            run: (stage) => open(stage, verify(signature)),
          },
          {
            leaves: 'signed in',
            before: [wrongSignature(async (stage) => stage.provoke(verify(await stranger().sign(required(text)))))],
            after: [secondUse((stage) => stage.provoke(verify(signature)))],
          },
        ),
        ...rest(),
      ]
    },

    emailCode(): readonly Step[] {
      let userId: string | undefined
      let code: string | undefined
      const verify = (verificationCode: string): Call =>
        post('/users/verify-login', project, { user_id: required(userId), verification_code: verificationCode })
      return [
        step(
          {
            title: 'Ask for a code',
            sentence: 'The server mails six digits, which are good for ten minutes and five guesses.',
            label: 'Mail me a code',
            run: async (stage, email) => {
              userId = readText(await stage.call(post('/users/login-with-email', project, { email })), 'user_id')
              tellWhereMailIs(stage, hasMailbox)
            },
          },
          { field: EMAIL_FIELD },
        ),
        step(
          {
            title: 'Enter the code and sign in',
            sentence: 'The code proves that you read this mailbox, and the server opens a session.',
            label: 'Verify the code',
            run: (stage, input) => {
              code = input
              return open(stage, verify(input))
            },
          },
          {
            field: {
              label: 'Code from the mail',
              value: '',
              type: 'text',
              pattern: SIX_DIGITS,
              autocomplete: 'one-time-code',
            },
            leaves: 'signed in',
            after: [{ label: 'Use the code again', run: (stage) => stage.provoke(verify(required(code))) }],
          },
        ),
        ...rest(),
      ]
    },

    magicLink(): readonly Step[] {
      let code: string | undefined
      return [
        step(
          {
            title: 'Ask for a link',
            sentence: 'The server mails a link, and gives this page a code to ask whether the link was opened.',
            label: 'Mail me a link',
            run: async (stage, email) => {
              code = readText(await stage.call(post('/users/login-with-magic-link', project, { email })), 'code')
              tellWhereMailIs(stage, hasMailbox)
            },
          },
          { field: EMAIL_FIELD },
        ),
        step({
          title: 'Open the link',
          sentence: 'Open the link, on any device, and confirm there; this page asks now and then.',
          label: 'Wait for the link',
          run: (stage) => waitForLink(stage, project, required(code)),
        }),
        step(
          {
            title: 'Sign in',
            sentence: 'The completed code is swapped for the session.',
            label: 'Fetch the session',
            run: (stage) =>
              open(stage, post('/users/verify-login', project, { session_challenge_code: required(code) })),
          },
          { leaves: 'signed in' },
        ),
        ...rest(),
      ]
    },

    passkey(): readonly Step[] {
      let answer: object | undefined
      return [
        step({
          title: 'Begin as somebody',
          sentence: 'A passkey belongs to a user, so the page signs in anonymously first.',
          label: 'Sign in anonymously',
          run: (stage) =>
            open(stage, { method: 'POST', path: '/users/login-anonymously', headers: project, body: null }),
        }),
        step({
          title: 'Make a passkey',
          sentence:
            'The browser makes a key pair for this site and keeps the private half; the server stores the public one.',
          label: 'Make a passkey',
          run: async (stage) => {
            const path = '/users/passkey/begin-registration'
            const { json } = await stage.call({ method: 'POST', path, headers: bearer(), body: null })
            const made = await makePasskey(json as Parameters<typeof makePasskey>[0])
            await stage.call(post('/users/passkey/finish-registration', bearer(), made))
          },
        }),
        step({
          title: 'Use the passkey',
          sentence: 'The server sends a challenge that any passkey of this site may sign: no name is asked for.',
          label: 'Use the passkey',
          run: async (stage) => {
            const path = '/users/login-with-discoverable-passkey'
            const { json } = await stage.call({ method: 'POST', path, headers: project, body: null })
            answer = await usePasskey(json as Parameters<typeof usePasskey>[0])
          },
        }),
        step(
          {
            title: 'Verify and sign in',
            sentence: 'The server checks challenge, site and signature, and opens a session of the passkey’s user.',
            label: 'Verify the passkey',
            run: (stage) => {
              const body = { passkey_credential_assertion_response: required(answer) }
              return open(stage, post('/users/verify-login', project, body))
            },
          },
          { leaves: 'signed in' },
        ),
        ...rest(),
      ]
    },

    anonymous(): readonly Step[] {
      return [
        step(
          {
            title: 'Sign in as nobody',
            sentence: 'The server makes a new user whom nobody knows, and opens a session.',
            label: 'Sign in anonymously',
            run: (stage) =>
              open(stage, { method: 'POST', path: '/users/login-anonymously', headers: project, body: null }),
          },
          { leaves: 'signed in' },
        ),
        ...rest(),
      ]
    },
  }
}

const EMAIL_FIELD = {
  label: 'E-mail address',
  value: 'ada@example.test',
  type: 'email',
  pattern: '[^@\\s]+@[^@\\s]+',
  autocomplete: 'email',
} as const

/** What a message says that an application of this page's origin builds by itself. */
export function hereTerms(nonce: string) {
  return {
    domain: location.host,
    uri: location.origin,
    statement: 'Sign in to the playground.',
    chainId: 1,
    nonce,
    issuedAt: new Date().toISOString(),
    expirationTime: null,
  }
}

/** A failed signature burns nothing, so the right one still works. */
export function wrongSignature(run: Action['run']): Action {
  return { label: 'First try a wrong signature', run }
}

/** A nonce is good once. */
export function secondUse(run: Action['run']): Action {
  return { label: 'Send the same again', run }
}

function tellWhereMailIs(stage: Stage, hasMailbox: boolean): void {
  if (hasMailbox)
    stage.showNote('This server sends no mail anywhere; it shows it:', { text: 'open the mailbox', href: '/mailbox' })
  else stage.showNote('Look into the mailbox of that address.')
}

async function waitForLink(stage: Stage, project: Call['headers'], code: string): Promise<void> {
  const call = {
    method: 'GET',
    path: `/users/session-challenge?code=${encodeURIComponent(code)}`,
    headers: project,
    body: null,
  }
  for (const deadline = performance.now() + LINK_LIMIT_MS; performance.now() < deadline; ) {
    const { json } = await stage.call(call)
    const { completed, expired } = json as { readonly completed?: boolean; readonly expired?: boolean }
    if (completed === true) return
    if (expired === true) throw new Error('The link has expired: start over and ask for another.')
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    stage.signal.throwIfAborted()
  }
  throw new Error('Nobody opened the link: start over and ask for another.')
}
