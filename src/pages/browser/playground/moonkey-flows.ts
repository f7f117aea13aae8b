import type { Call } from '../shared/exchange.ts'
import { post, readText, required, type Stage, type Step, step, type WalletParts } from './flow.ts'
import { type Signer, signInText } from './signer.ts'
import { hereTerms, secondUse, wrongSignature } from './walletkit-flows.ts'

const SESSION_MINUTES = 60

/** The ways of signing in at MoonKey with a wallet, for one App. @param secretKey as it is when a call is made */
export function moonKeyFlows(appId: string, secretKey: () => string) {
  const keySetPath = `/v1/auth/jwks/${encodeURIComponent(appId)}`
  const server = (): Call['headers'] => [['authorization', `Bearer ${secretKey()}`]]
  let token: string | undefined

  const readSession = async (stage: Stage, call: Call): Promise<void> => {
    const exchange = await stage.call(call)
    token = readText(exchange, 'session_token')
    const { session } = exchange.json as { readonly session?: { readonly id?: string; readonly user_id?: string } }
    stage.showFacts([
      ['User', session?.user_id ?? ''],
      ['Session', session?.id ?? ''],
    ])
    await stage.showToken(readText(exchange, 'session_jwt'), keySetPath)
  }

  const rest = (): readonly Step[] => [
    step({
      title: 'Verify the session',
      sentence:
        'A back end shows the session token, extends the session by an hour, and gets a fresh JWT of five minutes.',
      label: 'Verify and extend',
      run: (stage) => {
        const body = { session_token: required(token), session_expires_in: SESSION_MINUTES }
        return readSession(stage, post('/v1/auth/sessions/verify', server(), body))
      },
    }),
    step(
      {
        title: 'Log out',
        sentence: 'The session is deleted on the server: its token is refused from now on.',
        label: 'Delete the session',
        run: async (stage) => {
          const body = { session_token: required(token) }
          await stage.call({ ...post('/v1/auth/sessions/delete', server(), body), method: 'DELETE' })
        },
      },
      {
        leaves: 'signed out',
        after: [
          {
            label: 'Try the old session token',
            run: (stage) =>
              stage.provoke(post('/v1/auth/sessions/verify', server(), { session_token: required(token) })),
          },
        ],
      },
    ),
  ]

  const names = ({ chain, address }: Signer) => ({ wallet_type: chain, public_address: address })

  return {
    challenge({ connect, stranger }: WalletParts): readonly Step[] {
      let signer: Signer | undefined
      let text: string | undefined
      let signature: string | undefined
      const verify = (signed: string | undefined): Call =>
        post('/v1/auth/wallets/verify', server(), {
          ...names(required(signer)),
          signature: required(signed),
          session_expires_in: SESSION_MINUTES,
        })
      return [
        step({
          title: 'Get a challenge',
          sentence: 'The App’s back end asks for a text with a random value that only this wallet may use, once.',
          label: 'Ask for a challenge',
          run: async (stage) => {
            signer = await connect()
            const exchange = await stage.call(post('/v1/auth/wallets/registrations/begin', server(), names(signer)))
            text = readText(exchange, 'challenge')
          },
        }),
        step({
          title: 'Sign the challenge',
          sentence: 'The wallet signs the text as it came. Nothing is sent.',
          label: 'Sign the challenge',
          run: async (stage) => {
            const from = required(signer)
            stage.showMessage(required(text), from)
            signature = await from.sign(required(text))
            stage.showFacts([['Signature', signature]])
          },
        }),
        step(
          {
            title: 'Verify and sign in',
            sentence: 'The server checks the signature of the pending challenge, and opens a session of an hour.',
            label: 'Verify the signature',
            run: (stage) => readSession(stage, verify(signature)),
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

    message({ connect, stranger }: WalletParts): readonly Step[] {
      let signer: Signer | undefined
      let nonce: string | undefined
      let text: string | undefined
      let signature: string | undefined
      const verify = (signed: string | undefined): Call =>
        post('/v1/auth/wallets/siwe/verify', server(), {
          ...names(required(signer)),
          siwe_challenge: required(text),
          signature: required(signed),
          session_expires_in: SESSION_MINUTES,
        })
      return [
        step({
          title: 'Get a nonce',
          sentence:
            'The App’s back end asks for a random value that only this wallet may use, once, within ten minutes.',
          label: 'Ask for a nonce',
          run: async (stage) => {
            signer = await connect()
            const exchange = await stage.call(post('/v1/auth/wallets/registrations/nonce', server(), names(signer)))
            nonce = readText(exchange, 'nonce')
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
            sentence: 'The server checks message, signature and nonce, and opens a session of an hour.',
            label: 'Verify the signature',
            run: (stage) => readSession(stage, verify(signature)),
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
  }
}
