import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const SOURCES = {
  'signature-validator.sol': new URL(
    '../../../core/chains/ethereum/contracts/signature-validator.sol',
    import.meta.url,
  ),
  ...sourcesIn(new URL('./contracts/', import.meta.url)),
}

/** What compilation made: init code by contract name, `0x` and lower-case hex. */
type InitCodes = Readonly<Record<string, `0x${string}`>>

interface CompilerOutput {
  readonly errors?: readonly { readonly formattedMessage: string }[]
  readonly contracts?: Readonly<
    Record<string, Readonly<Record<string, { readonly evm: { readonly bytecode: { readonly object: string } } }>>>
  >
}

/**
 * Compiles every contract of the repository with the pinned compiler. `istanbul` is the oldest EVM that has CHAINID, so the
 * validator runs on chains that lag behind; no metadata, so the same source gives the same bytes anywhere.
 * @throws {Error} on any error or warning
 */
function compileContracts(): InitCodes {
  const compiler = createRequire(import.meta.url)('solc') as { compile(input: string): string; version(): string }
  if (!compiler.version().startsWith('0.8.30+')) throw new Error(`solc 0.8.30 is needed, not ${compiler.version()}`)
  const input = {
    language: 'Solidity',
    sources: Object.fromEntries(
      Object.entries(SOURCES).map(([name, url]) => [name, { content: readFileSync(url, 'utf8') }]),
    ),
    settings: {
      evmVersion: 'istanbul',
      optimizer: { enabled: true, runs: 200 },
      metadata: { appendCBOR: false, bytecodeHash: 'none' },
      outputSelection: { '*': { '*': ['evm.bytecode.object'] } },
    },
  }
  const output = JSON.parse(compiler.compile(JSON.stringify(input))) as CompilerOutput
  const complaints = (output.errors ?? []).map(({ formattedMessage }) => formattedMessage)
  if (complaints.length > 0) throw new Error(complaints.join('\n'))
  const contracts = Object.values(output.contracts ?? {}).flatMap((file) => Object.entries(file))
  return Object.fromEntries(
    contracts
      .map(([name, { evm }]) => [name, `0x${evm.bytecode.object}` as const])
      .sort(([one = ''], [other = '']) => (one < other ? -1 : 1)),
  )
}

/** Where compiled code is committed, and the text of each file. */
export function compiledFiles(): readonly { readonly path: string; readonly text: string }[] {
  const { SignatureValidator, ...others } = compileContracts()
  return [
    {
      path: fileURLToPath(new URL('../../../core/chains/ethereum/contracts/signature-validator.ts', import.meta.url)),
      text: [
        '/** Init code of `signature-validator.sol`, made by `scripts/compile-contracts.ts`; its arguments follow it. */',
        `export const SIGNATURE_VALIDATOR =\n  '${SignatureValidator}'\n`,
      ].join('\n'),
    },
    {
      path: fileURLToPath(new URL('./init-codes.json', import.meta.url)),
      text: `${JSON.stringify(others, null, 2)}\n`,
    },
  ]
}

function sourcesIn(folder: URL): Record<string, URL> {
  const names = readdirSync(folder).filter((name) => name.endsWith('.sol'))
  return Object.fromEntries(names.map((name) => [name, new URL(name, folder)]))
}
