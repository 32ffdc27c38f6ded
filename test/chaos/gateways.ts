import { gatewaySpecs, sealedProgram } from '../../scripts/provision/program.ts'
import type { StackOptions } from '../../scripts/stack/stack.ts'
import { type FaultProxy, startFaultProxy } from '../crash/fault-proxy.ts'
import { type Flutterwave, startFlutterwave } from '../emulators/flutterwave/server.ts'
import { type Mtn, startMtn } from '../emulators/mtn/server.ts'
import { startWave, type Wave } from '../emulators/wave/server.ts'
import type { GatewayLog } from '../history/gateway-log.ts'
import { flutterwaveLog } from '../history/logs/flutterwave.ts'
import { mtnLog } from '../history/logs/mtn.ts'
import { waveLog } from '../history/logs/wave.ts'
import type { Random } from './random.ts'

/** pawaPay alone and no policy, or several and a policy that decides between them. */
export type Choice = 'one' | 'several'
export type GatewayName = 'pawapay' | 'mtn' | 'wave' | 'flutterwave'

/** The gateways beside pawaPay. */
export interface Beside {
  readonly mtn: Mtn
  readonly wave: Wave
  readonly flutterwave: Flutterwave
  /** Between the vault and each of them. */
  readonly proxies: ReadonlyMap<GatewayName, FaultProxy>
  readonly logs: readonly GatewayLog[]
  /** What the stack must know to use them. */
  readonly options: Pick<StackOptions, 'vars' | 'gateways'>
  close(): Promise<void>
}

const MTN = {
  apiUser: 'c72025f5-5cd1-4630-99e4-8ba4722fad56',
  apiKey: 'f1db798c98df4bcf83b538175893bbf0',
  subscriptionKey: 'd484a1f0d34f4301916d0f2c9e9106a2',
  targetEnvironment: 'mtnzambia',
}
const WAVE = { apiKey: 'wave_sn_test_5d8e1f', webhookSecret: 'wave_sn_WHS_1f5d8e' }

const FLUTTERWAVE = { secretKey: 'FLWSECK_TEST-of-chaos-X', secretHash: 'the-word-of-chaos' }

/** Whole kwacha: what goes to MTN first, and what to Flutterwave. */
const DIRECT = { from: 1_000, to: 1_999 } as const
const AGGREGATED = { from: 2_000, to: 2_999 } as const

const amounts = ({ from, to }: { readonly from: number; readonly to: number }) => ({
  currencies: ['ZMW'],
  fromMinor: `${from}00`,
  toMinor: `${to}99`,
})

/**
 * Each provider is carried by three gateways, and the amount says which is asked first: so the manners of a gateway meet those who
 * come to it. As long as its breaker is closed, however bad its score: nobody would be left to meet them else. Flutterwave mostly
 * behaves: with every gateway in trouble the operator would count as down, and nobody would be sent anywhere.
 */
const POLICY = {
  version: 'chaos',
  gateways: ['pawapay', 'mtn', 'wave', 'flutterwave'],
  rules: [
    {
      id: 'direct',
      when: amounts(DIRECT),
      effect: { kind: 'priority', gateways: ['mtn', 'pawapay', 'flutterwave'] },
    },
    {
      id: 'aggregated',
      when: amounts(AGGREGATED),
      effect: { kind: 'priority', gateways: ['flutterwave', 'pawapay', 'mtn'] },
    },
    {
      id: 'zambia',
      when: { currencies: ['ZMW'] },
      effect: { kind: 'priority', gateways: ['pawapay', 'mtn', 'flutterwave'] },
    },
    {
      id: 'wave',
      when: { providers: ['WAVE_SEN'] },
      effect: { kind: 'priority', gateways: ['wave', 'pawapay', 'flutterwave'] },
    },
  ],
  settings: { toleranceBp: 10_000, lowValueMinor: { ZMW: '300000', XOF: '200000' } },
}

export interface Order {
  readonly amount: string
  readonly currency: string
  readonly phoneNumber: string
  readonly provider?: string
}

/** What the `i`th customer buys who is to come to this gateway. */
export const orderFor = (gateway: GatewayName, draw: Random, i: number): Order => {
  const number = String(i).padStart(6, '0')
  switch (gateway) {
    case 'pawapay':
      return {
        amount: `${draw.between(1, 900)}.${draw.between(0, 9)}0`,
        currency: 'ZMW',
        phoneNumber: `260762${number}`,
      }
    case 'mtn':
      return {
        amount: `${draw.between(DIRECT.from, DIRECT.to)}.${draw.between(0, 9)}0`,
        currency: 'ZMW',
        phoneNumber: `260761${number}`,
      }
    case 'flutterwave':
      return {
        amount: `${draw.between(AGGREGATED.from, AGGREGATED.to)}.${draw.between(0, 9)}0`,
        currency: 'ZMW',
        phoneNumber: `260764${number}`,
      }
    case 'wave':
      return {
        amount: String(draw.between(100, 90_000)),
        currency: 'XOF',
        phoneNumber: `221778${number}`,
        provider: 'WAVE_SEN',
      }
  }
}

/** `edgeUrl`: where they call back. */
export const startBeside = async (edgeUrl: string): Promise<Beside> => {
  const callbackUrl = (name: GatewayName) => `${edgeUrl}/webhooks/${name}/deposits`
  const mtn = await startMtn({ ...MTN, port: 0, callbackUrl: callbackUrl('mtn') })
  const wave = await startWave({ ...WAVE, port: 0, callbackUrl: callbackUrl('wave') })
  const flutterwave = await startFlutterwave({ ...FLUTTERWAVE, port: 0, callbackUrl: callbackUrl('flutterwave') })
  const toMtn = await startFaultProxy({ target: mtn.url })
  const toWave = await startFaultProxy({ target: wave.url })
  const toFlutterwave = await startFaultProxy({ target: flutterwave.url })
  return {
    mtn,
    wave,
    flutterwave,
    proxies: new Map([
      ['mtn', toMtn],
      ['wave', toWave],
      ['flutterwave', toFlutterwave],
    ]),
    logs: [mtnLog(mtn), waveLog(wave), flutterwaveLog(flutterwave)],
    options: {
      vars: {
        consumer: { LANGO_ROUTING: JSON.stringify(POLICY) },
        vault: {
          MTN_ORIGIN: toMtn.url,
          MTN_API_USER: MTN.apiUser,
          MTN_TARGET_ENVIRONMENT: MTN.targetEnvironment,
          MTN_CALLBACK_URL: 'https://pay.example.com/webhooks/mtn/deposits',
          WAVE_ORIGIN: toWave.url,
          FLUTTERWAVE_ORIGIN: toFlutterwave.url,
          FLUTTERWAVE_EMAIL: 'payments@shop.example',
        },
      },
      gateways: {
        sealed: sealedProgram(gatewaySpecs(['flutterwave', 'mtn', 'pawapay', 'wave'])),
        keys: {
          'mtn.apiKey': MTN.apiKey,
          'mtn.subscriptionKey': MTN.subscriptionKey,
          'wave.apiKey': WAVE.apiKey,
          'wave.webhookSecret': WAVE.webhookSecret,
          'flutterwave.secretKey': FLUTTERWAVE.secretKey,
          'flutterwave.secretHash': FLUTTERWAVE.secretHash,
        },
      },
    },
    close: async () => {
      for (const each of [toMtn, toWave, toFlutterwave, mtn, wave, flutterwave]) await each.close()
    },
  }
}
