/** Where the gateway is, and the project that pages name to it. */
export interface Gateway {
  readonly url: string
  readonly projectId: string
}

/** What signing in gives. Keep the refresh token where only this page can read it. */
export interface Session {
  readonly id: string
  readonly user_id: string
  readonly access_token: string
  readonly access_token_expires_at: string
  readonly refresh_token: string
}

/** Step 1 of 2: a nonce for this wallet, Ethereum or Solana. It lives for minutes and signs in once. */
export function beginSignIn(gateway: Gateway, address: string): Promise<{ user_id: string; nonce: string }> {
  return post(gateway, '/users/login-with-wallet', { sign_in_wallet: address })
}

/** Step 2 of 2: the message that was signed, exactly as it was signed. */
export function finishSignIn(
  gateway: Gateway,
  signed: { readonly user_id: string; readonly siwe_message: string; readonly signature: string },
): Promise<Session> {
  return post(gateway, '/users/verify-login', signed)
}

async function post<T>({ url, projectId }: Gateway, path: string, body: object): Promise<T> {
  const response = await fetch(url + path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-WalletKit-Project-ID': projectId },
    body: JSON.stringify(body),
  })
  const answer = await response.json()
  if (!response.ok) throw new Error(`${answer.code}: ${answer.error}`)
  return answer as T
}
