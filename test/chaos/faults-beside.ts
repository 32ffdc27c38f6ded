import type { CallKind } from '../emulators/kit/gateway.ts'
import type { RecordedRequest } from '../emulators/kit/request-log.ts'
import type { MtnPersona } from '../emulators/mtn/server.ts'
import type { WavePersona } from '../emulators/wave/server.ts'
import type { SystemFault, World } from './faults.ts'
import type { Beside } from './gateways.ts'

const CALLS: readonly CallKind[] = ['create', 'status']

type Both = Partial<Pick<MtnPersona & WavePersona, 'faultsOn' | 'status5xx' | 'status5xxCode' | 'latencyMs' | 'refuse'>>

const besideOf = ({ beside }: World): Beside => {
  if (!beside) throw new Error('there is one gateway, and no other')
  return beside
}

/** One gateway is in trouble, for everyone; the others are not. */
const atOne = (
  which: 'mtn' | 'wave',
  name: string,
  ms: number,
  on: Both,
  off: Both,
  struck: (request: RecordedRequest) => boolean,
): SystemFault => ({
  name,
  lane: 'gateway',
  ms,
  possible: ({ beside }) => beside !== undefined,
  begin: async (world) => {
    const fromMs = Date.now()
    const gateway = besideOf(world)[which]
    gateway.persona(on)
    return {
      hits: () => gateway.requests().filter((request) => request.atMs >= fromMs && struck(request)).length,
      end: async () => void gateway.persona(off),
    }
  },
})

const refuses = (which: 'mtn' | 'wave', name: string, status: number, code: string): SystemFault =>
  atOne(which, name, 2_500, { refuse: { status, code } }, { refuse: null }, ({ answer }) =>
    Boolean(answer?.includes(`"${code}"`)),
  )

const down = (which: 'mtn' | 'wave', name: string): SystemFault =>
  atOne(
    which,
    name,
    2_500,
    { faultsOn: CALLS, status5xx: 'before', status5xxCode: 502 },
    { faultsOn: ['create'], status5xx: false, status5xxCode: 500 },
    ({ status }) => status === 502,
  )

const slow = (which: 'mtn' | 'wave', name: string): SystemFault =>
  atOne(
    which,
    name,
    2_500,
    { latencyMs: { p50: 700, p99: 3_000 } },
    { latencyMs: 0 },
    ({ method, atMs, answeredAtMs = 0 }) => method === 'POST' && answeredAtMs - atMs >= 400,
  )

const OPERATOR = 'MTN_MOMO_ZMB'

/** pawaPay refuses at once and says so in its feed; MTN and Flutterwave take the request, and it fails. */
const operatorDown: SystemFault = {
  name: 'operator down, at every gateway',
  lane: 'gateway',
  ms: 3_000,
  possible: ({ beside }) => beside !== undefined,
  begin: async (world) => {
    const fromMs = Date.now()
    const { pawapay } = world.stack
    const { mtn, flutterwave } = besideOf(world)
    pawapay.persona({ availability: { [OPERATOR]: 'CLOSED' } })
    mtn.persona({ outcome: 'failed', failure: 'SERVICE_UNAVAILABLE' })
    flutterwave.persona({ outcome: 'failed' })
    return {
      hits: () => {
        const refused = pawapay
          .requests()
          .filter(({ atMs, answer }) => atMs >= fromMs && answer?.includes('"PROVIDER_TEMPORARILY_UNAVAILABLE"'))
        const failed = mtn
          .charges()
          .filter(({ createdMs, reason }) => createdMs >= fromMs && reason === 'SERVICE_UNAVAILABLE')
        return refused.length > 0 && failed.length > 0 ? refused.length + failed.length : 0
      },
      end: async () => {
        pawapay.persona({ availability: null })
        mtn.persona({ outcome: null, failure: null })
        flutterwave.persona({ outcome: null })
      },
    }
  },
}

/** There is more than one gateway, or they cannot strike. */
export const FAULTS_BESIDE: readonly SystemFault[] = [
  refuses('mtn', 'MTN refuses everybody', 400, 'NOT_ALLOWED_TARGET_ENVIRONMENT'),
  refuses('wave', 'Wave refuses everybody', 401, 'api-key-revoked'),
  down('mtn', 'MTN down, in HTML'),
  down('wave', 'Wave down, in HTML'),
  slow('mtn', 'MTN slow for everyone'),
  slow('wave', 'Wave slow for everyone'),
  operatorDown,
]
