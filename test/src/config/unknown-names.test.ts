import { describe, expect, it } from 'vitest'
import { faultsOf, loadWith } from './load-with.ts'

describe('misspelt names', () => {
  it.each([
    ['AUTH_JWT_SECERT', 'AUTH_JWT_SECRET'],
    ['AUTH_JWT_SECRETS', 'AUTH_JWT_SECRET'],
    ['AUTHJWT_SECRET', 'AUTH_JWT_SECRET'],
    ['auth_jwt_secret', 'AUTH_JWT_SECRET'],
    ['AUTH_SIWE_URL', 'AUTH_SIWE_URI'],
    ['AUTH_ACESS_TTL_SEC', 'AUTH_ACCESS_TTL_SECS'],
    ['PROJECT_SECRETKEY', 'PROJECT_SECRET_KEY'],
    ['PROJECTID', 'PROJECT_ID'],
    ['PROJECT_DI', 'PROJECT_ID'],
    ['ALLOWED_ORIGIN', 'ALLOWED_ORIGINS'],
    ['REDIS_CLUSTER_NODE', 'REDIS_CLUSTER_NODES'],
    ['REDIS_URI', 'REDIS_URL'],
    ['EVM_RPC_URL', 'EVM_RPC_URLS'],
    ['PUBLIC_URI', 'PUBLIC_URL'],
    ['WALLETGATE_SECRETS', 'WALLETGATE_SECRET'],
    ['WALLETGATE_CONIFG', 'WALLETGATE_CONFIG'],
  ])('%s is taken for %s', (name, meant) => {
    expect(faultsOf({ [name]: 'x' }).faults).toEqual([
      { name, problem: 'is not a setting', remedy: `Did you mean ${meant}?` },
    ])
  })

  it.each(['WALLETGATE_PROJECT_ID', 'WALLETGATE_X', 'walletgate_debug', 'WALLETGATE_PORT'])(
    '%s is under our prefix',
    (name) => {
      const [fault] = faultsOf({ [name]: '1' }).faults
      expect(fault?.name).toBe(name)
      expect(fault?.remedy).toContain('only WALLETGATE_SECRET and WALLETGATE_CONFIG')
    },
  )
})

describe('other people’s names', () => {
  it.each([
    ['PROJECT_DIR', '/srv'],
    ['PROJECT_ROOT', '/srv'],
    ['REDIS_PORT_6379_TCP', 'tcp://10.0.0.1:6379'],
    ['REDIS_PORT', 'tcp://10.0.0.1:6379'],
    ['REDIS_SERVICE_HOST', '10.0.0.1'],
    ['REDIS_HOST', 'cache'],
    ['REDIS_TLS', '1'],
    ['WALLETGATE_SERVICE_HOST', '10.0.0.2'],
    ['WALLETGATE_SERVICE_PORT_HTTP', '8787'],
    ['WALLETGATE_PORT', 'tcp://10.0.0.2:8787'],
    ['WALLETGATE_PORT_8787_TCP_ADDR', '10.0.0.2'],
    ['AUTH_SECRET', 'x'],
    ['AUTH_URL', 'x'],
    ['LOG_FILE', 'x'],
    ['MAIL_HOST', 'x'],
    ['SMTP_HOST', 'x'],
    ['HOSTNAME', 'pod-1'],
    ['PORTS', '1'],
    ['host', 'x'],
    ['ETHEREUM_CHAIN_ID', '1'],
    ['npm_config_user_agent', 'npm'],
    ['PATH', '/bin'],
  ])('%s is left alone', (name, value) => {
    expect(loadWith({ [name]: value }).projects).toHaveLength(1)
  })

  it('a near miss of a name that is set is left alone', () => {
    const { mail } = loadWith({ SMTP_URI: 'x', SMTP_URL: 'smtp://a' })
    expect(mail?.smtpUrl).toBe('smtp://a')
  })

  it('an empty value is as good as none', () => {
    expect(loadWith({ WALLETGATE_X: '', AUTH_JWT_SECERT: '', PORT: '' }).server.port).toBe(8787)
  })
})
