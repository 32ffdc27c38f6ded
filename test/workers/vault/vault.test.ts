import { describe, expect, it } from 'vitest'
import type { DepositOrder, OtpOutcome, RawCallback, StatusOutcome, Verdict } from '../../../src/contracts/vault.ts'
import type { CoreCallbackAnswer, GatewayRequest, PublicKey, VaultCore } from '../../../src/contracts/vault-core.ts'
import type { GatewayReference, Msisdn, PaymentId } from '../../../src/domain/ids.ts'
import { createCoreHolder } from '../../../src/vault/core-holder.ts'
import { createKeyCache } from '../../../src/vault/key-cache.ts'
import { createTokenCache } from '../../../src/vault/token-cache.ts'
import type { Exchanged } from '../../../src/vault/transport.ts'
import { createVault } from '../../../src/vault/vault.ts'

const ID = 'pay_00000000000000000000000001' as PaymentId
const ORDER: DepositOrder = {
  v: 1,
  gateway: 'pawapay',
  paymentId: ID,
  attempt: 1,
  reference: '00000000-0000-4000-8000-000000000001' as GatewayReference,
  amountMinor: '1550',
  currency: 'ZMW',
  phoneNumber: '260763456789' as Msisdn,
  provider: 'MTN_MOMO_ZMB',
}
const STATUS = { v: 1, gateway: 'pawapay', operation: 'deposit', reference: ORDER.reference, currency: 'ZMW' } as const
const REQUEST: GatewayRequest = { method: 'POST', url: 'https://gateway.example/', headers: [], body: '{}' }
const CALLBACK: RawCallback = {
  v: 1,
  gateway: 'pawapay',
  operation: 'deposits',
  method: 'POST',
  url: 'https://pay.example.com/webhooks/pawapay/deposits',
  headers: [],
  body: new Uint8Array(),
}
const RESPONSE: Exchanged = {
  kind: 'response',
  status: 200,
  contentType: 'application/json',
  body: '{}',
  truncated: false,
}
const keysNamed = (...ids: string[]): PublicKey[] => ids.map((id) => ({ id, key: 'pem' }))

const HASHES = { current: 'k.current', erased: 'k.erased' }
/** What an accepted deposit is told as. */
const ACCEPTED = { kind: 'accepted', phoneHash: HASHES.current }

const trap = (): never => {
  throw new WebAssembly.RuntimeError('unreachable executed while holding Bearer a-token')
}

const OPENED = {
  ok: true,
  opening: {
    epoch: 7,
    notAfterS: 0,
    imprint: '',
    programId: 'p',
    gateways: [{ name: 'pawapay', origin: 'https://gateway.example', callbackMode: 'signed' }],
  },
} as const

const CLOSED = () => ({ ok: false, code: 'E1002', fields: ['bundle'] }) as const

/** A core that answers as told; each instance that traps is one fewer to use. */
const fixture = (
  over: Partial<VaultCore> = {},
  exchanged: Exchanged | ((request: GatewayRequest) => Exchanged) = RESPONSE,
) => {
  const world = {
    nowMs: 1_000_000,
    instances: 0,
    sent: [] as number[],
    fetches: 0,
    /** What the gateway gives next; each is given once. */
    tokens: [] as string[],
    known: keysNamed('K1') as readonly PublicKey[] | null,
    logs: [] as string[],
  }
  const core: VaultCore = {
    open: () => OPENED,
    buildDeposit: () => ({ ok: true, request: REQUEST }),
    readDeposit: () => ({ kind: 'accepted' }),
    buildDepositStatus: () => ({ ok: true, request: REQUEST }),
    readDepositStatus: () => ({ kind: 'not_found' }),
    buildCancel: () => ({ ok: true, request: REQUEST }),
    readCancel: () => ({ kind: 'not_found' }),
    buildOtp: () => ({ ok: true, request: REQUEST }),
    readOtp: () => ({ kind: 'accepted' }),
    buildToken: () => ({ ok: true, request: REQUEST }),
    readToken: () => null,
    buildPublicKeys: () => ({ ok: true, request: REQUEST }),
    readPublicKeys: () => null,
    buildPredictProvider: () => ({ ok: true, request: REQUEST }),
    buildActiveConf: () => ({ ok: true, request: REQUEST }),
    readPredictProvider: () => ({ kind: 'invalid' }),
    verifyCallback: () => ({ kind: 'refused', reason: 'as the test said' }),
    checkAttestation: () => null,
    sealSnapshot: () => ({ mac: 'm', kid: 'k' }),
    checkSnapshot: () => true,
    hashPhone: () => HASHES,
    version: () => ({ version: '1', buildId: 'b' }),
    ...over,
  }
  const log = (record: object) => void world.logs.push(JSON.stringify(record))
  const keys = createKeyCache({
    nowMs: () => world.nowMs,
    sleep: () => new Promise(() => {}),
    fetchKeys: async () => {
      world.fetches += 1
      return world.known
    },
  })
  const tokens = createTokenCache({
    nowMs: () => world.nowMs,
    sleep: () => new Promise(() => {}),
    fetchToken: async () => {
      const token = world.tokens.shift()
      return token === undefined ? null : { token, expiresInS: 3600 }
    },
  })
  const vault = createVault({
    core: createCoreHolder(() => {
      world.instances += 1
      return core
    }, log),
    exchange: async (request, timeoutMs) => {
      world.sent.push(timeoutMs)
      return typeof exchanged === 'function' ? exchanged(request) : exchanged
    },
    keysOf: () => keys,
    tokensOf: () => tokens,
    counterOf: () => {
      throw new Error('this policy has no cap of the day')
    },
    newToken: () => 'one',
    sleep: () => new Promise(() => {}),
    nowMs: () => world.nowMs,
    log,
  })
  return { world, vault, verify: () => vault.verifyCallback(CALLBACK, () => {}) }
}

describe('send', () => {
  it('tells the keyed hash of the number that it was sent for, and of what never left tells none', async () => {
    const asked: string[] = []
    const hashPhone: VaultCore['hashPhone'] = (phoneNumber) => {
      asked.push(phoneNumber)
      return HASHES
    }
    const { vault } = fixture({ hashPhone })
    expect(await vault.send(ORDER, () => {})).toEqual(ACCEPTED)
    expect(await vault.phoneHashes(ORDER.phoneNumber)).toEqual(HASHES)
    expect(asked).toEqual([ORDER.phoneNumber, ORDER.phoneNumber])
    const closed = fixture({ open: CLOSED, hashPhone })
    expect(await closed.vault.send(ORDER, () => {})).toEqual({ kind: 'not_sent', code: 'E1002' })
    await expect(closed.vault.phoneHashes(ORDER.phoneNumber)).rejects.toThrow('E1002')
  })

  it('what cannot be hashed loses no outcome', async () => {
    expect(await fixture({ hashPhone: trap }).vault.send(ORDER, () => {})).toEqual({ kind: 'accepted' })
  })

  it('builds, sends once with 150 s to answer, reads', async () => {
    const { world, vault } = fixture()
    expect(await vault.send(ORDER, () => {})).toEqual(ACCEPTED)
    expect(world.sent).toEqual([150_000])
  })

  it('T59: whatever fails before the fetch is not_sent, and nothing leaves', async () => {
    for (const [over, code] of [
      [{ open: CLOSED }, 'E1002'],
      [{ buildDeposit: () => ({ ok: false, code: 'E1301' }) }, 'E1301'],
      [{ buildDeposit: trap }, 'E1090'],
      [{ open: trap }, 'E1090'],
    ] as const) {
      const { world, vault } = fixture(over as Partial<VaultCore>)
      expect(await vault.send(ORDER, () => {})).toEqual({ kind: 'not_sent', code })
      expect(world.sent).toEqual([])
    }
  })

  it('what the policy refuses is a definite no with the rule, and nothing leaves', async () => {
    const { world, vault } = fixture({ buildDeposit: () => ({ ok: false, code: 'E1320', rule: 'amount_cap' }) })
    expect(await vault.send(ORDER, () => {})).toMatchObject({ kind: 'rejected', code: 'policy_amount_cap' })
    expect(world.sent).toEqual([])
    expect(world.logs.join()).toContain('"rule":"amount_cap"')
  })

  it('what is not what the shop signed is not sent, and the log says in what', async () => {
    const { world, vault } = fixture({ buildDeposit: () => ({ ok: false, code: 'E1330', intent: 'amount' }) })
    expect(await vault.send({ ...ORDER, intent: 'a.b.c' }, () => {})).toEqual({
      kind: 'not_sent',
      code: 'intent_amount',
    })
    expect(world.sent).toEqual([])
    expect(world.logs.join()).toContain('"event":"intent_refused","because":"amount"')
    expect(world.logs.join()).not.toContain('a.b.c')
  })

  it('a request for another origin is not_sent', async () => {
    const { vault } = fixture({}, { kind: 'foreign' })
    expect(await vault.send(ORDER, () => {})).toEqual({ kind: 'not_sent', code: 'E1091' })
  })

  it('I7: whatever fails after the fetch is unknown, never not_sent', async () => {
    const { world, vault } = fixture({ readDeposit: trap })
    expect(await vault.send(ORDER, () => {})).toEqual({ kind: 'unknown', reason: 'E1090', phoneHash: HASHES.current })
    expect(world.sent).toHaveLength(1)
  })

  it('a trapped instance is never used again, and its words are not logged', async () => {
    const { world, vault } = fixture({ buildDeposit: trap })
    await vault.send(ORDER, () => {})
    await vault.send(ORDER, () => {})
    expect(world.instances).toBe(2)
    await vault.health()
    expect(world.instances).toBe(3)
    await vault.health()
    expect(world.instances).toBe(3)
    expect(world.logs.join()).toContain('RuntimeError')
    expect(world.logs.join()).not.toContain('a-token')
  })

  it('a core that refuses its deployment is not asked again', async () => {
    const { world, vault } = fixture({ open: CLOSED })
    for (let i = 0; i < 5; i++) expect((await vault.health()).sealed).toBe('E1002')
    expect(world.instances).toBe(1)
    expect(world.logs).toEqual(['{"event":"core_closed","code":"E1002","fields":["bundle"]}'])
  })
})

describe('status', () => {
  it('asks with 10 s to answer', async () => {
    const { world, vault } = fixture()
    expect(await vault.status(STATUS, () => {})).toEqual({ kind: 'not_found' })
    expect(world.sent).toEqual([10_000])
  })

  it.each([
    { buildDepositStatus: trap },
    { readDepositStatus: trap },
    { buildDepositStatus: () => ({ ok: false, code: 'E1301' }) },
  ])('what fails teaches nothing', async (over) => {
    expect(await fixture(over as Partial<VaultCore>).vault.status(STATUS, () => {})).toMatchObject({ kind: 'unknown' })
  })
})

describe('a gateway that wants a token', () => {
  const WANTED = { ok: false, code: 'E1313' } as const
  const carrying = (token: string | undefined) =>
    token === undefined
      ? WANTED
      : ({ ok: true, request: { ...REQUEST, headers: [['Authorization', `Bearer ${token}`]] } } as const)
  const REFUSED: Exchanged = { ...RESPONSE, status: 401 } as Exchanged
  /** It takes `good` tokens only. `on401`: what the spec says of a deposit that was answered so. */
  const wanting = (tokens: string[], good: string[], on401: 'rejected' | 'unknown' = 'rejected') => {
    const requests: string[] = []
    const { world, vault } = fixture(
      {
        buildDeposit: (_order, _nowMs, token) => carrying(token),
        buildDepositStatus: (_gateway, _reference, token) => carrying(token),
        readDeposit: (_, response) => {
          if (response.kind !== 'response' || response.status !== 401) return { kind: 'accepted' }
          return on401 === 'rejected' ? { kind: 'rejected', code: 'TOKEN' } : { kind: 'unknown', reason: 'http_401' }
        },
        readDepositStatus: (_, response) =>
          response.kind === 'response' && response.status === 200
            ? { kind: 'not_found' }
            : { kind: 'unknown', reason: 'http_401' },
      },
      ({ headers }) => {
        const token = headers[0]?.[1].slice('Bearer '.length) ?? ''
        requests.push(token)
        return good.includes(token) ? RESPONSE : REFUSED
      },
    )
    world.tokens = tokens
    const alerts = () => world.logs.filter((line) => line.includes('gateway_credentials')).length
    return { world, vault, requests, alerts, send: () => vault.send(ORDER, () => {}) }
  }

  it('is given one that is fetched once', async () => {
    const { vault, requests, send } = wanting(['one', 'two'], ['one'])
    expect(await send()).toEqual(ACCEPTED)
    expect(await send()).toEqual(ACCEPTED)
    expect(await vault.status(STATUS, () => {})).toEqual({ kind: 'not_found' })
    expect(requests).toEqual(['one', 'one', 'one'])
  })

  it('without one nothing is sent, and that is certain', async () => {
    const { world, vault, requests, send } = wanting([], [])
    expect(await send()).toEqual({ kind: 'not_sent', code: 'E1322' })
    expect(await vault.status(STATUS, () => {})).toEqual({ kind: 'unknown', reason: 'E1322' })
    expect([requests, world.sent]).toEqual([[], []])
  })

  it('is asked once more under a fresh one when it refuses the old', async () => {
    const { vault, requests, alerts } = wanting(['old', 'new'], ['new'])
    expect(await vault.status(STATUS, () => {})).toEqual({ kind: 'not_found' })
    expect([requests, alerts()]).toEqual([['old', 'new'], 0])
  })

  it('is sent a deposit once more only where a 401 is a refusal', async () => {
    const certain = wanting(['old', 'new'], ['new'])
    expect(await certain.send()).toEqual(ACCEPTED)
    expect(certain.requests).toEqual(['old', 'new'])
    const uncertain = wanting(['old', 'new'], ['new'], 'unknown')
    expect(await uncertain.send()).toMatchObject({ kind: 'unknown', reason: 'http_401' })
    expect(uncertain.requests).toEqual(['old'])
  })

  it('that refuses the fresh one too is not asked a third time, and people are told', async () => {
    const { vault, requests, alerts, send } = wanting(['a', 'b', 'c'], [])
    expect(await send()).toMatchObject({ kind: 'rejected', code: 'TOKEN' })
    expect([requests, alerts()]).toEqual([['a', 'b'], 1])
    expect(await vault.status(STATUS, () => {})).toEqual({ kind: 'unknown', reason: 'http_401' })
    expect([requests, alerts()]).toEqual([['a', 'b', 'b', 'c'], 2])
  })

  it('that refused it and gives no other took nothing', async () => {
    const { requests, send } = wanting(['old'], [])
    expect(await send()).toEqual({ kind: 'not_sent', code: 'E1322' })
    expect(requests).toEqual(['old'])
  })

  it('no token is in a log', async () => {
    const { world, send } = wanting(['secret-a', 'secret-b'], [])
    await send()
    expect(world.logs.join()).not.toContain('secret-')
  })
})

describe('submitOtp', () => {
  const OTP = { v: 1, gateway: ORDER.gateway, reference: ORDER.reference, otp: 'K7QX2M9B' } as const
  const submit = (over: Partial<VaultCore>, exchanged?: Exchanged) => {
    const { world, vault } = fixture(over, exchanged)
    return { world, said: vault.submitOtp(OTP, () => {}) }
  }

  it('hands the code to the core and its request to the gateway, with 30 s to answer, and reads', async () => {
    const asked: unknown[] = []
    const { world, said } = submit({
      buildOtp: (...given) => {
        asked.push(given)
        return { ok: true, request: REQUEST }
      },
      readOtp: () => ({ kind: 'rejected', code: 'OTP_REJECTED' }),
    })
    expect(await said).toEqual({ kind: 'rejected', code: 'OTP_REJECTED' })
    expect(asked).toEqual([[OTP.gateway, OTP.reference, OTP.otp, undefined]])
    expect(world.sent).toEqual([30_000])
    expect(world.logs.join()).not.toContain(OTP.otp)
  })

  it('whatever fails before the fetch is not_sent, and nothing leaves', async () => {
    for (const [over, code] of [
      [{ open: CLOSED }, 'E1002'],
      [{ buildOtp: () => ({ ok: false, code: 'E1312' }) }, 'E1312'],
      [{ buildOtp: trap }, 'E1090'],
    ] as const) {
      const { world, said } = submit(over as Partial<VaultCore>)
      expect(await said).toEqual({ kind: 'not_sent', code })
      expect(world.sent).toEqual([])
    }
  })

  it('I7: whatever fails after it is unknown', async () => {
    expect(await submit({ readOtp: trap }).said).toEqual({ kind: 'unknown', reason: 'E1090' })
  })

  it.each<[string, Exclude<OtpOutcome, { kind: 'not_sent' }>, (string | undefined)[]]>([
    ['says that nothing came of it', { kind: 'rejected', code: 'OTP_REJECTED' }, ['old', 'new']],
    ['does not say so', { kind: 'unknown', reason: 'http_401' }, ['old']],
  ])('goes once more under a fresh token when a gateway that refuses the old one %s', async (_, refused, used) => {
    const tokens: (string | undefined)[] = []
    const { world, vault } = fixture(
      {
        buildOtp: (_gateway, _reference, _otp, token) => {
          if (token === undefined) return { ok: false, code: 'E1313' }
          tokens.push(token)
          return { ok: true, request: REQUEST }
        },
        readOtp: () => (tokens.length === 1 ? refused : { kind: 'accepted' }),
      },
      () => (tokens.length === 1 ? ({ ...RESPONSE, status: 401 } as Exchanged) : RESPONSE),
    )
    world.tokens = ['old', 'new']
    expect(await vault.submitOtp(OTP, () => {})).toEqual(used.length === 2 ? { kind: 'accepted' } : refused)
    expect([tokens, world.sent.length]).toEqual([used, used.length])
  })
})

describe('cancel', () => {
  const found = (outcome: 'pending' | 'succeeded' | 'failed', more: object = {}): StatusOutcome => ({
    kind: 'found',
    outcome,
    ...more,
  })
  const PAID = { amountMinor: '1550', currency: 'ZMW', providerTransactionId: 'T-1' }
  /** `statuses`: one for each question; `answer`: what the gateway says to the word itself. */
  const cancelling = async (statuses: StatusOutcome[], answer?: StatusOutcome) => {
    const said: (string | undefined)[] = []
    const { vault } = fixture({
      readDepositStatus: () => statuses.shift() ?? { kind: 'unknown', reason: 'asked too often' },
      buildCancel: (_gateway, _reference, gatewayId) => {
        said.push(gatewayId)
        return answer ? { ok: true, request: REQUEST } : { ok: false, code: 'E1312' }
      },
      readCancel: () => answer ?? trap(),
    })
    return { outcome: await vault.cancel(STATUS, () => {}), said, left: statuses.length }
  }

  it.each([
    ['over', found('failed'), { kind: 'cancelled' }],
    ['paid', found('succeeded', PAID), { kind: 'succeeded', ...PAID }],
    ['not there: it may be on its way', { kind: 'not_found' } as const, { kind: 'unknown', reason: 'not_found' }],
    ['not known', { kind: 'unknown', reason: 'http_500' } as const, { kind: 'unknown', reason: 'http_500' }],
  ])('what is %s is not called off', async (_, status, outcome) => {
    expect(await cancelling([status], found('failed'))).toEqual({ outcome, said: [], left: 0 })
  })

  it('is certain when the gateway says so, by its own id', async () => {
    const open = found('pending', { gatewayId: 'cos-1' })
    const done = await cancelling([open, found('failed')], found('failed'))
    expect(done).toMatchObject({ outcome: { kind: 'cancelled' }, said: ['cos-1'] })
  })

  it.each([
    ['it is still being paid', found('pending'), 'still_open'],
    ['nobody knows', { kind: 'unknown', reason: 'http_500' } as const, 'http_500'],
  ])('is not certain when, asked again, %s', async (_, after, reason) => {
    const { outcome } = await cancelling([found('pending'), after], found('failed'))
    expect(outcome).toEqual({ kind: 'unknown', reason })
  })

  it('what was paid meanwhile is asked about again, for how much', async () => {
    const done = await cancelling([found('pending'), found('succeeded', PAID)], found('succeeded'))
    expect(done.outcome).toEqual({ kind: 'succeeded', ...PAID })
    const doubtful = await cancelling([found('pending'), found('pending')], found('succeeded'))
    expect(doubtful.outcome).toEqual({ kind: 'unknown', reason: 'still_open' })
  })

  it.each([
    ['still open', found('pending'), 'still_open'],
    ['unreadable', { kind: 'unknown', reason: 'http_503' } as const, 'http_503'],
    ['gone', { kind: 'not_found' } as const, 'not_found'],
  ])('an answer that says %s is no certainty', async (_, answer, reason) => {
    expect((await cancelling([found('pending')], answer)).outcome).toEqual({ kind: 'unknown', reason })
  })

  it('a gateway that cannot be told is left alone', async () => {
    expect((await cancelling([found('pending')])).outcome).toEqual({ kind: 'unknown', reason: 'E1312' })
  })
})

describe('verifyCallback', () => {
  const verified: CoreCallbackAnswer = {
    kind: 'verified',
    verdict: { paymentId: ID } as Verdict,
    attested: { v: 1, text: '{}', mac: 'm', kid: 'k' },
  }
  const needs =
    (keyId: string, reason: 'unknown_key' | 'signature_invalid' = 'unknown_key') =>
    (_: RawCallback, keys: readonly PublicKey[]): CoreCallbackAnswer =>
      reason === 'unknown_key' && keys.some(({ id }) => id === keyId) ? verified : { kind: 'need_key', keyId, reason }

  it('fetches the keys for the first callback and not for the next', async () => {
    const { world, verify } = fixture({ verifyCallback: needs('K1') })
    expect(await verify()).toEqual(verified)
    expect(await verify()).toEqual(verified)
    expect(world.fetches).toBe(1)
  })

  it('what needs no key fetches none', async () => {
    const { world, verify } = fixture()
    expect(await verify()).toEqual({ kind: 'refused', reason: 'as the test said' })
    expect(world.fetches).toBe(0)
  })

  it('a new key is fetched when a callback names it', async () => {
    const { world, verify } = fixture({ verifyCallback: needs('K2') })
    expect(await verify()).toMatchObject({ kind: 'refused', reason: 'unknown_key' })
    world.known = keysNamed('K1', 'K2')
    world.nowMs += 60_000
    expect(await verify()).toEqual(verified)
    expect(world.fetches).toBe(2)
  })

  it('a key that may have come since the keys were fetched is no forgery yet; nobody makes us fetch again for it', async () => {
    const { world, verify } = fixture({ verifyCallback: needs('K2') })
    // Under a name that there is none of: the gateway was asked, and this is the answer.
    expect(await verify()).toEqual({ kind: 'refused', reason: 'unknown_key' })
    world.known = keysNamed('K1', 'K2')
    const later = { kind: 'unavailable', reason: 'public keys: paused', unknownKey: true }
    for (let i = 0; i < 100; i++) expect(await verify()).toEqual(later)
    expect(world.fetches).toBe(1)
    world.nowMs += 60_000
    expect(await verify()).toEqual(verified)
  })

  it('a signature that fails refetches too: a key may change under its id; forgeries no oftener than once a minute', async () => {
    const { world, verify } = fixture({ verifyCallback: needs('K1', 'signature_invalid') })
    for (let i = 0; i < 100; i++) expect(await verify()).toEqual({ kind: 'refused', reason: 'signature_invalid' })
    expect(world.fetches).toBe(1)
    world.nowMs += 60_000
    for (let i = 0; i < 100; i++) await verify()
    expect(world.fetches).toBe(2)
  })

  it('no keys to be had: unavailable, so that the gateway tries again', async () => {
    const { world, verify } = fixture({ verifyCallback: needs('K1') })
    world.known = null
    expect(await verify()).toMatchObject({ kind: 'unavailable' })
    expect(await verify()).toMatchObject({ kind: 'unavailable' })
    expect(world.fetches).toBe(1)
  })

  it('an unknown key while the gateway cannot be asked: unavailable; a wrong signature: refused', async () => {
    for (const [keyId, reason, kind] of [
      ['K2', 'unknown_key', 'unavailable'],
      ['K1', 'signature_invalid', 'refused'],
    ] as const) {
      const { world, verify } = fixture({ verifyCallback: needs(keyId, reason) })
      await verify()
      world.known = null
      world.nowMs += 60_000
      expect(await verify()).toMatchObject({ kind })
    }
  })

  it('a trap is our outage', async () => {
    expect(await fixture({ verifyCallback: trap }).verify()).toMatchObject({ kind: 'unavailable' })
  })

  it('more than 64 KiB is refused before any work', async () => {
    const { vault } = fixture({ verifyCallback: trap })
    const body = new Uint8Array(64 * 1024 + 1)
    expect(await vault.verifyCallback({ ...CALLBACK, body }, () => {})).toEqual({
      kind: 'refused',
      reason: 'body_too_large',
    })
  })
})

describe('a closed core', () => {
  it('throws where an answer could be mistaken for a word about the payment', async () => {
    const { vault } = fixture({ open: CLOSED })
    await expect(vault.checkAttestation({ v: 1, text: '', mac: '', kid: '' })).rejects.toThrow('E1002')
    await expect(vault.sealSnapshot(ID, '{}')).rejects.toThrow('E1002')
    await expect(vault.checkSnapshot(ID, '{}', { mac: '', kid: '' })).rejects.toThrow('E1002')
    expect(await vault.predictProvider('260763456789')).toEqual({ kind: 'unknown', reason: 'E1002' })
  })
})

describe('a program of several gateways', () => {
  const named = (name: string, callbackMode: 'signed' | 'hint') =>
    ({ name, origin: `https://${name}.example`, callbackMode }) as const
  const program = (...gateways: ReturnType<typeof named>[]): Partial<VaultCore> => ({
    open: () => ({ ...OPENED, opening: { ...OPENED.opening, gateways } }),
  })
  const MTN_FIRST = program(named('cinetpay', 'hint'), named('mtn', 'hint'), named('pawapay', 'signed'))
  /** Only pawaPay's spec has it; the others say what the core says of what is not there. */
  const onlyOf = (gateway: string) =>
    gateway === 'pawapay'
      ? ({ ok: true, request: { ...REQUEST, url: 'https://pawapay.example/' } } as const)
      : ({ ok: false, code: 'E1312' } as const)

  it('asks the first that can say it whose number it is', async () => {
    const asked: string[] = []
    const readPredictProvider: VaultCore['readPredictProvider'] = (gateway) => {
      asked.push(gateway)
      return { kind: 'found', provider: 'ZAMTEL_ZMB', country: 'ZMB', phoneNumber: ORDER.phoneNumber }
    }
    const { vault, world } = fixture({ ...MTN_FIRST, buildPredictProvider: onlyOf, readPredictProvider })
    expect(await vault.predictProvider('260953456789')).toMatchObject({ kind: 'found', provider: 'ZAMTEL_ZMB' })
    expect(asked).toEqual(['pawapay'])
    expect(world.sent).toHaveLength(1)
  })

  it('asks the first that can say it what a country’s providers take, and says whose word it is', async () => {
    const body = JSON.stringify({
      countries: [
        {
          providers: [
            {
              provider: 'ZAMTEL_ZMB',
              currencies: [{ currency: 'ZMW', operationTypes: { DEPOSIT: { status: 'CLOSED' } } }],
            },
          ],
        },
      ],
    })
    const { vault, world } = fixture({ ...MTN_FIRST, buildActiveConf: onlyOf }, { ...RESPONSE, body })
    const said = { kind: 'found', conditions: [{ gateway: 'pawapay', provider: 'ZAMTEL_ZMB', state: 'closed' }] }
    expect(await vault.conditions('ZMB')).toMatchObject(said)
    expect(await vault.conditions('ZMB', 'pawapay')).toMatchObject(said)
    // Who is asked by name is asked alone.
    expect(await vault.conditions('ZMB', 'mtn')).toEqual({ kind: 'unknown', reason: 'E1312' })
    expect(world.sent).toHaveLength(2)
  })

  it('what is wrong with the question is wrong at the first that could be asked; without any such gateway nobody is', async () => {
    const refused = () => ({ ok: false, code: 'E1311' }) as const
    const wrong = fixture({ ...MTN_FIRST, buildActiveConf: refused, buildPredictProvider: refused })
    expect(await wrong.vault.predictProvider('260953456789')).toEqual({ kind: 'unknown', reason: 'E1311' })
    expect(await wrong.vault.conditions('nowhere')).toEqual({ kind: 'unknown', reason: 'E1311' })
    const none = fixture({
      ...program(named('mtn', 'hint'), named('wave', 'signed')),
      buildPredictProvider: onlyOf,
      buildActiveConf: onlyOf,
    })
    expect(await none.vault.predictProvider('260953456789')).toEqual({
      kind: 'unknown',
      reason: 'E1312',
      nobodyPredicts: true,
    })
    expect(await none.vault.conditions('ZMB')).toEqual({ kind: 'unknown', reason: 'E1312' })
    expect([...wrong.world.sent, ...none.world.sent]).toEqual([])
  })

  it.each([
    ['of the account that decides it, whoever comes before', MTN_FIRST, 'signed'],
    [
      'the same where that account has none signed',
      program(named('paystack', 'signed'), named('pawapay', 'hint')),
      'hint',
    ],
    [
      'the weakest, of gateways that have no choice',
      program(named('mtn', 'hint'), named('paystack', 'signed')),
      'hint',
    ],
    ['signed, where all are', program(named('flutterwave', 'signed'), named('paystack', 'signed')), 'signed'],
  ] as const)('tells a callback mode: %s', async (_, over, callbackMode) => {
    const { vault } = fixture({ ...over, buildPublicKeys: onlyOf })
    expect(await vault.health()).toMatchObject({ sealed: 'ok', callbackMode })
  })
})
