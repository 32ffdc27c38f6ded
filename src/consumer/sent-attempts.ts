import type { AttemptState, PaymentState } from '../contracts/decide.ts'

/** It left us, as far as anyone can know. */
export const left = ({ failureCode }: AttemptState): boolean => failureCode !== 'not_sent'

/** The latest attempt that left us. One that never did ("not_sent") changes nothing that a shop was told. */
export const latestSent = ({ attempts }: PaymentState): AttemptState | undefined => attempts.findLast(left)

/** Every attempt was made, and none of them was sent: what the gateway is asked first will be the first it hears. */
export const neverLeft = ({ attempts }: PaymentState): boolean => attempts.length > 0 && !attempts.some(left)
