import { describe, expect, it } from 'vitest'
import { signWebhook } from '../../../src/webhooks/sign-webhook.ts'

describe('Standard Webhooks signatures', () => {
  // The vector of the specification's reference libraries (standard-webhooks/standard-webhooks).
  it('are those of the reference vector', () => {
    const headers = signWebhook(
      'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
      'msg_p5jXN8AQM9LWM0D4loKWxJek',
      '{"test": 2432232314}',
      new Date(1_614_265_330_000),
    )
    expect(headers).toEqual({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    })
  })

  it('change with the secret, the id, the second and the body', () => {
    const sign = (secret = 'a', id = 'fact_1', body = '{}', time = 0) =>
      signWebhook(`whsec_${secret.repeat(32)}`, id, body, new Date(time))['webhook-signature']
    const others = [sign('b'), sign('a', 'fact_2'), sign('a', 'fact_1', '{ }'), sign('a', 'fact_1', '{}', 1000)]
    expect(new Set([sign(), ...others]).size).toBe(5)
    expect(sign('a', 'fact_1', '{}', 999)).toBe(sign())
  })
})
