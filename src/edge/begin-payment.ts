import { sha256Hex } from '../adapters/sha256.ts'
import type { BeginInput } from '../contracts/payment-object.ts'
import { toHex } from '../domain/encoding.ts'
import type { PaymentError } from '../domain/errors.ts'
import type { Result } from '../domain/result.ts'
import type { FingerprintInput } from '../flows/fingerprint.ts'
import { resumeUrlOf } from '../flows/resume-url.ts'
import { type StartedPayment, startPayment } from '../flows/start-payment.ts'
import { type EdgeContext, laterIn } from './context.ts'
import type { EdgeDeps } from './deps.ts'
import { paymentPorts } from './ports.ts'

/** A payment as a shop's request or a checkout's form wants it, everything in it found right. */
export interface WantedPayment
  extends Omit<BeginInput, 'v' | 'paymentId' | 'natural' | 'gateway' | 'keyHash' | 'fingerprint'> {
  readonly idempotencyKey: string
  /** As the caller named it, empty when we predicted it: a prediction may change between two tries of one request. */
  readonly wishedProvider: string
  readonly allowRepeat?: boolean
}

/**
 * Names payment and request, and starts or finds the payment. The work goes on when the caller hangs up. Nothing is stored
 * before this is called: a request that was refused leaves its key unused (T13).
 */
export const beginPayment = async (
  deps: EdgeDeps,
  c: EdgeContext,
  wanted: WantedPayment,
): Promise<Result<StartedPayment, PaymentError>> => {
  const { idempotencyKey, wishedProvider, allowRepeat, resumeUrl: ownPage, ...given } = wanted
  // Some gateways have a page of their own for wallets that others prompt, and want to know where it leads.
  const resumeUrl = resumeUrlOf([ownPage, given.returnUrl, deps.publicOrigin])
  const rest = {
    namedProvider: wishedProvider !== '',
    ...given,
    ...(resumeUrl === undefined ? {} : { resumeUrl }),
  }
  const { merchantId, mode, invoice } = rest
  const natural =
    allowRepeat || invoice === undefined
      ? ({ kind: 'idempotency_key', value: idempotencyKey } as const)
      : ({ kind: 'invoice', value: invoice } as const)
  const paymentId = deps.decide.paymentId(merchantId, mode, natural)
  c.set('paymentId', paymentId)
  const meant: FingerprintInput = { ...wanted, provider: wishedProvider }
  const [keyHash, fingerprint] = await Promise.all([
    // Two merchants, and the two modes of one, never meet (T04).
    sha256Hex(`${merchantId}\n${mode}\n${idempotencyKey}`),
    deps.fingerprint(meant),
  ])
  const work = startPayment(
    paymentPorts(deps, c),
    { v: 1, paymentId, natural, gateway: deps.gateway, ...rest, keyHash, fingerprint },
    toHex(deps.randomBytes(16)),
  )
  laterIn(deps, c)(work)
  return work
}
