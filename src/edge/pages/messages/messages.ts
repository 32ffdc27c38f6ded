/** Why a payment did not go through, as a customer needs to know it. `failure.ts` sorts the gateways' codes into these. */
export type FailureReason =
  | 'notApproved'
  | 'wrongCode'
  | 'noMoney'
  | 'noWallet'
  | 'limit'
  | 'anotherWaiting'
  | 'amount'
  | 'number'
  | 'closed'
  | 'tooLate'
  | 'notSent'
  | 'shopCannot'
  | 'other'

/** Everything that the hosted pages say, in one language. What is passed in is formatted for that language already. */
export interface Messages {
  /** The language's own name. */
  readonly name: string
  /** For `Intl`: how numbers, amounts and durations are written. */
  readonly locale: string
  readonly direction: 'ltr' | 'rtl'

  readonly invoice: (invoice: string) => string
  readonly testMode: string
  readonly footer: string
  readonly language: string
  readonly backTo: (shop: string) => string

  readonly form: {
    readonly title: (shop: string) => string
    readonly titleWrong: (shop: string) => string
    readonly heading: string
    readonly intro: string
    readonly number: string
    readonly hintHome: (country: string) => string
    readonly hintAny: string
    readonly network: string
    readonly byNumber: string
    readonly pay: (amount: string) => string
    readonly paying: string
    readonly closed: string
    readonly between: (least: string, most: string) => string
    readonly wholeOnly: string
    readonly code: string
    readonly codeHint: string
    readonly codeDial: string
    readonly allClosed: string
    /** `time`: such as "20 minutes". */
    readonly validFor: (time: string) => string
  }
  readonly wrong: {
    readonly number: string
    readonly network: string
    readonly networkOfNumber: string
    readonly closed: (network: string) => string
    readonly amount: (network: string) => string
    readonly code: string
  }

  readonly waiting: {
    readonly title: (shop: string) => string
    readonly heading: string
    readonly prompt: (network: string, phone: string) => string
    readonly shownAs: (name: string) => string
    readonly unsureHeading: string
    readonly unsure: string
    readonly codeSent: (network: string) => string
    readonly otpHeading: string
    /** A code that the network gives once it was asked for the money. */
    readonly otp: (network: string) => string
    readonly otpSend: string
    readonly otpExhaustedHeading: string
    readonly otpExhausted: string
    readonly redirectHeading: (network: string) => string
    readonly redirect: (network: string) => string
    readonly redirectSoon: (network: string) => string
    readonly goOn: (network: string) => string
    /** Followed by how long ago the payment began. */
    readonly since: string
    readonly usual: string
    readonly slow: string
    readonly verySlow: string
    readonly nothing: string
    readonly reviveDial: (network: string) => string
    readonly reviveNone: (network: string) => string
    readonly call: (code: string) => string
    readonly close: string
    readonly again: string
    readonly offline: string
  }
  readonly paid: {
    readonly title: (shop: string) => string
    readonly heading: string
    readonly told: (shop: string) => string
    readonly telling: (shop: string) => string
    readonly refunded: (amount: string) => string
    readonly receipt: string
  }
  readonly failed: {
    readonly title: (shop: string) => string
    readonly heading: string
    /** Not said where a network may still change its mind. */
    readonly nothingTaken: string
    readonly again: string
    readonly expired: (shop: string) => string
    /** What happened, then what to do about it. */
    readonly reasons: Readonly<Record<FailureReason, readonly [what: string, next: string]>>
  }
  readonly review: {
    readonly title: (shop: string) => string
    readonly heading: string
    readonly text: (shop: string) => string
  }
  /** The payment of the order was begun at another price, and there is no other. */
  readonly otherPrice: {
    readonly title: (shop: string) => string
    readonly heading: string
    readonly text: (shop: string) => string
  }
  readonly expired: {
    readonly title: (shop: string) => string
    readonly heading: string
    readonly text: (shop: string) => string
  }
  readonly receipt: {
    readonly title: (shop: string) => string
    readonly heading: string
    readonly date: string
    readonly amount: string
    readonly shop: string
    readonly back: string
  }
  readonly details: {
    readonly phone: string
    readonly network: string
    readonly invoice: string
    readonly reference: string
  }
  readonly sorry: {
    readonly notFoundTitle: string
    readonly notFound: string
    readonly notFoundText: string
    readonly againTitle: string
    readonly unavailable: string
    readonly unavailableText: string
    readonly busy: string
    readonly busyText: string
    readonly unreadable: string
    readonly foreign: string
    readonly foreignText: string
    readonly back: string
  }
}
