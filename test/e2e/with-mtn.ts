import { afterAll } from 'vitest'
import { gatewaySpecs, sealedProgram } from '../../scripts/provision/program.ts'
import { startMtn } from '../emulators/mtn/server.ts'
import { useStack } from './fixture.ts'

const account = {
  apiUser: 'c72025f5-5cd1-4630-99e4-8ba4722fad56',
  apiKey: 'f1db798c98df4bcf83b538175893bbf0',
  subscriptionKey: 'd484a1f0d34f4301916d0f2c9e9106a2',
  targetEnvironment: 'mtnzambia',
}

type Options = NonNullable<Parameters<typeof useStack>[0]>

/**
 * A stack with MTN MoMo beside pawaPay. Nothing listens where MTN calls back, which it does once or not at all: a status query
 * finds the money.
 */
export const useStackWithMtn = async ({ vars, ...options }: Options) => {
  const mtn = await startMtn({ ...account, port: 0, callbackUrl: 'http://127.0.0.1:9/nowhere' })
  afterAll(() => mtn.close())
  const lango = useStack({
    ...options,
    vars: {
      ...vars,
      vault: {
        MTN_ORIGIN: mtn.url,
        MTN_API_USER: account.apiUser,
        MTN_TARGET_ENVIRONMENT: account.targetEnvironment,
        MTN_CALLBACK_URL: 'https://pay.example.com/webhooks/mtn/deposits',
      },
    },
    gateways: {
      sealed: sealedProgram(gatewaySpecs(['mtn', 'pawapay'])),
      keys: { 'mtn.apiKey': account.apiKey, 'mtn.subscriptionKey': account.subscriptionKey },
    },
  })
  return { mtn, lango }
}
