import type { Call } from '../shared/exchange.ts'
import { post, readText, required, type Stage, type Step, step, type WalletParts } from './flow.ts'
import { type MessageTerms, type Signer, signInText } from './signer.ts'
import { secondUse, wrongSignature } from './walletkit-flows.ts'

/** Signing in at 4mica: always an Ethereum wallet and a message after the server's template. */
export function fourMicaFlow({ connect, stranger }: WalletParts): readonly Step[] {
  let signer: Signer | undefined
  let terms: MessageTerms | undefined
  let text: string | undefined
  let signature: string | undefined
  let refreshToken: string | undefined

  const verify = (signed: string | undefined): Call =>
    post('/auth/verify', [], {
      address: required(signer).address,
      message: required(text),
      signature: required(signed),
    })
  const readTokens = async (stage: Stage, call: Call): Promise<void> => {
    const exchange = await stage.call(call)
    refreshToken = readText(exchange, 'refresh_token')
    await stage.showToken(readText(exchange, 'access_token'), null)
  }
  const withRefreshToken = (path: string): Call => post(path, [], { refresh_token: required(refreshToken) })

  return [
    step({
      title: 'Get a nonce',
      sentence: 'The server makes a random value for this wallet, and says what the message must say.',
      label: 'Ask for a nonce',
      run: async (stage) => {
        signer = await connect()
        const exchange = await stage.call(post('/auth/nonce', [], { address: signer.address }))
        const { siwe } = exchange.json as { readonly siwe: Readonly<Record<string, string>> }
        terms = {
          domain: String(siwe['domain']),
          uri: String(siwe['uri']),
          statement: String(siwe['statement']),
          chainId: Number(siwe['chainId']),
          nonce: readText(exchange, 'nonce'),
          issuedAt: String(siwe['issuedAt']),
          expirationTime: String(siwe['expiration']),
        }
      },
    }),
    step({
      title: 'Sign the message',
      sentence: 'The page fills in the server’s template, and the wallet signs it. Nothing is sent.',
      label: 'Sign the message',
      run: async (stage) => {
        const from = required(signer)
        text = signInText(from, required(terms))
        stage.showMessage(text, from)
        signature = await from.sign(text)
        stage.showFacts([['Signature', signature]])
      },
    }),
    step(
      {
        title: 'Verify and sign in',
        sentence: 'The server checks message, signature and nonce, and issues an access and a refresh token.',
        label: 'Verify the signature',
        run: (stage) => readTokens(stage, verify(signature)),
      },
      {
        leaves: 'signed in',
        before: [wrongSignature(async (stage) => stage.provoke(verify(await stranger().sign(required(text)))))],
        after: [secondUse((stage) => stage.provoke(verify(signature)))],
      },
    ),
    step({
      title: 'Refresh',
      sentence: 'The refresh token is swapped for a new pair of tokens; the old one is spent at once.',
      label: 'Swap the refresh token',
      run: (stage) => readTokens(stage, withRefreshToken('/auth/refresh')),
    }),
    step(
      {
        title: 'Log out',
        sentence:
          'The refresh token is revoked; the access token lives out its minutes, since nobody asks the server about it.',
        label: 'Log out',
        run: async (stage) => {
          await stage.call(withRefreshToken('/auth/logout'))
        },
      },
      {
        leaves: 'signed out',
        after: [
          { label: 'Try the old refresh token', run: (stage) => stage.provoke(withRefreshToken('/auth/refresh')) },
        ],
      },
    ),
  ]
}
