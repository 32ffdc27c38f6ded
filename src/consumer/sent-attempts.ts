import type { AttemptState, PaymentState } from '../contracts/decide.ts'

/** It left us, as far as anyone can know. */
export const left = ({ failureCode }: AttemptState): boolean => failureCode !== 'not_sent'

/** The latest attempt that left us. One that never did ("not_sent") changes nothing that a shop was told. */
export const latestSent = ({ attempts }: PaymentState): AttemptState | undefined => attempts.findLast(left)

/** The attempt that paid, or would have with the right amount. Doubles come on top of it, and pay for nothing. */
export const captured = ({ attempts, doubles }: PaymentState): AttemptState | undefined =>
  attempts.find(({ n, status }) => status === 'succeeded' && !doubles.includes(n))

/** Every attempt was made, and none of them was sent: what the gateway is asked first will be the first it hears. */
export const neverLeft = ({ attempts }: PaymentState): boolean => attempts.length > 0 && !attempts.some(left)
