import { parseEthereumAddress } from '../../../core/chains/ethereum/address.ts'
import { accept, kindOf, matching, type Reader, type Reading, refuse } from './reader.ts'
import { readSmtpUrl } from './smtp-url.ts'

/** The id of a project, a WalletKit project or a MoonKey App (old App ids are UUIDs). */
export const identifier: Reader<string> = matching(
  /^[A-Za-z0-9_-]{1,64}$/,
  'an id of 1 to 64 letters, digits, _ and -',
  'Use only A-Z, a-z, 0-9, _ and -',
)

/** A name people see, in mails and in texts they sign: one line without control or direction-changing characters. */
export const displayName: Reader<string> = matching(
  /^(?! )[^\p{C}\p{Zl}\p{Zp}]{1,64}(?<! )$/u,
  'a name of 1 to 64 printable characters on one line',
  'Use a short plain name',
)

/** A mail sender: `address@host` or `Name <address@host>`, on one line. */
export const mailSender: Reader<string> = (text) => {
  const address = /^[^<>"\p{C}]{0,128}<([^<>]{3,320})>$/u.exec(text)?.[1] ?? text
  return /^[^\s@<>,;:"\p{C}]{1,64}@[A-Za-z0-9.[\]:-]{1,255}$/u.test(address)
    ? accept(text)
    : refuse(`is ${kindOf(text)}, not a mail address`, 'Write no-reply@example.com or My App <no-reply@example.com>')
}

/** A URL that names a mail server. It stays text: what it says is read where mail is sent. */
export const smtpUrl: Reader<string> = (text) => {
  const reading = readSmtpUrl(text)
  return reading.ok ? accept(text) : reading
}

/** The address of a contract, in canonical lower case. Whether it has code, only its chain knows. */
export const contractAddress: Reader<string> = (text) => {
  const address = parseEthereumAddress(text)
  return address === null
    ? refuse(`is ${kindOf(text)}, not an Ethereum address`, 'Write 0x and 40 hex digits')
    : accept(address)
}

const RPC_REMEDY = 'Write {"eip155:1": "https://…"}: a CAIP-2 chain id and an http or https URL, or a list of them'

/** RPC servers by CAIP-2 chain id, each as a list. Refuses chains other than `eip155` and URLs other than http and https. */
export function rpcUrls(value: unknown): Reading<Record<string, readonly string[]>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refuse(`is ${kindOf(value)}, not an object`, RPC_REMEDY)
  }
  const urls: Record<string, readonly string[]> = {}
  for (const [index, [chainId, entry]] of Object.entries(value).entries()) {
    const list: unknown[] = Array.isArray(entry) ? entry : [entry]
    // CAIP-2: reference of 1 to 32 characters; an EIP-155 chain id is a number without leading zeros.
    if (!/^eip155:[1-9]\d{0,31}$/.test(chainId))
      return refuse(`has a key, number ${index + 1}, that is no EVM chain id`, RPC_REMEDY)
    if (list.length === 0 || !list.every(isHttpUrl))
      return refuse(`has no list of http or https URLs for ${chainId}`, RPC_REMEDY)
    if (!list.every(hasReadableUser)) {
      return refuse(
        `has a URL for ${chainId} with a % in its user or password that begins no escape`,
        'Write a percent sign as %25',
      )
    }
    urls[chainId] = list
  }
  return accept(urls)
}

/** As `rpcUrls`, from JSON text. */
export const rpcUrlsText: Reader<Record<string, readonly string[]>> = (text) => {
  try {
    return rpcUrls(JSON.parse(text))
  } catch {
    return refuse(`is ${kindOf(text)}, not JSON`, RPC_REMEDY)
  }
}

function isHttpUrl(value: unknown): value is string {
  return typeof value === 'string' && URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)
}

function hasReadableUser(url: string): boolean {
  const { username, password } = new URL(url)
  try {
    decodeURIComponent(username)
    decodeURIComponent(password)
    return true
  } catch {
    return false
  }
}
