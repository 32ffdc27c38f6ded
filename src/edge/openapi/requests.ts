import * as v from 'valibot'
import { checkoutRequest } from '../request/checkout-request.ts'
import { linkPayload, linkRequest } from '../request/link-request.ts'
import { otpRequest } from '../request/otp-request.ts'
import { paymentRequest } from '../request/payment-request.ts'
import { endpointRequest, rangeRequest, replayRequest, rotationRequest } from '../request/webhook-request.ts'

/** The form of the page; what is wrong in it is told on the page. */
const checkoutForm = v.object({
  phoneNumber: v.string(),
  provider: v.exactOptional(v.string()),
  preAuthorisationCode: v.exactOptional(v.string()),
  attempt: v.exactOptional(v.string()),
})

/** Name in the document → the schema that checks it. */
export const REQUESTS = {
  PaymentRequest: paymentRequest,
  OtpRequest: otpRequest,
  CheckoutRequest: checkoutRequest,
  CheckoutLinkRequest: linkRequest,
  CheckoutLinkPayload: linkPayload,
  CheckoutForm: checkoutForm,
  WebhookEndpointRequest: endpointRequest,
  SecretRotationRequest: rotationRequest,
  ReplayRangeRequest: rangeRequest,
  EventReplayRequest: replayRequest,
} as const
