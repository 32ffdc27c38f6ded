/**
 * A gateway as `src/gateways/<name>/gateway.json` describes it. `gateway.schema.json` says the same to editors, with words
 * on each part, and is what files are checked against; these types are for the compiler.
 */

/** A text with `{placeholders}`. */
export type Template = string

export type JsonTemplate =
  | Template
  | number
  | boolean
  | readonly JsonTemplate[]
  | { readonly [member: string]: JsonTemplate }

export interface RequestSpec {
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly path: Template
  readonly headers?: Readonly<Record<string, Template>>
  /** A member whose name ends in `?` is left out when a placeholder in it has nothing. */
  readonly json?: { readonly [member: string]: JsonTemplate }
  readonly form?: Readonly<Record<string, Template>>
  readonly signed?: boolean
}

export type FieldSpec =
  | string
  | {
      readonly at: string
      readonly is?: string
      readonly node?: true
      readonly log?: true
      /** `ours`: by the currency of our own row; else the field that holds it. With `minor` only where there are `amount.zeros`. */
      readonly amountIn?: string
      /** With `amountIn`: a JSON number, `10.5`. */
      readonly number?: true
      /** The gateway writes minor units already, as a string or a whole number. */
      readonly minor?: true
    }

export type Condition =
  | 'any'
  | 'absent'
  | 'null'
  | 'given'
  | 'object'
  | 'other'
  | 'unproven'
  | 'list'
  | readonly (string | number)[]

export interface CaseSpec {
  readonly when?: Readonly<Record<string, Condition>>
  readonly then?: Readonly<Record<string, Template>>
  readonly refuse?: string
  readonly note?: string
}

export interface ReaderSpec {
  /** `item.…` in `fields` begins at the first item of this list whose `where` is our reference; only `max` are looked at. */
  readonly item?: { readonly of: string; readonly where: string; readonly max: number }
  /** What an answer without a body says: only its HTTP status can be asked. */
  readonly empty?: readonly CaseSpec[]
  readonly fields: Readonly<Record<string, FieldSpec>>
  /** In each step the first case that holds is taken; one that says `kind` or `refuse` ends the reading. */
  readonly steps: readonly (readonly CaseSpec[])[]
}

/** Of amounts in minor units: how many decimals, from where to where, and only multiples of what. */
export interface CurrencySpec {
  readonly decimals: number
  readonly minMinor?: string
  readonly maxMinor?: string
  readonly multipleOfMinor?: string
}

export interface ProviderSpec {
  /** What the gateway calls it, when that is not Lango's own name. */
  readonly code?: string
  /** ISO 3166-1 alpha-3. */
  readonly country: string
  /** How the customer approves: a prompt on the phone, a code made beforehand, or a page of the provider's own. */
  readonly auth?: 'prompt' | 'preauth' | 'redirect'
  /** What else the gateway wants to be told with it: `{provider.x}`. */
  readonly also?: Readonly<Record<string, string>>
  readonly currencies: Readonly<Record<string, CurrencySpec>>
}

export interface ClassSpec {
  readonly of: string
  readonly min: number
  readonly max: number
  readonly unicode?: boolean
}

export type AuthenticationSpec =
  | { readonly header: string; readonly value: Template }
  | { readonly basic: readonly [user: Template, password: Template] }

export interface GatewaySpec {
  readonly gateway: string
  readonly title: string
  readonly documentation: string
  readonly origins: Readonly<Record<string, string>>
  readonly reference: { readonly class: 'A' | 'B' | 'C'; readonly why: string }
  readonly settleMs: number
  /** `testPrefix`: how a key begins that moves no money, where the vendor's sandbox has the address of what is real. */
  readonly settings: Readonly<Record<string, { readonly secret?: boolean; readonly testPrefix?: string }>>
  /** Of every request but the one for a token. */
  readonly authentication?: AuthenticationSpec
  /** Fetched first, and then `{token}`. The reading says `kind` token, `token` and `expiresInS`. */
  readonly token?: {
    readonly authentication?: AuthenticationSpec
    readonly request: RequestSpec
    readonly answer: ReaderSpec
  }
  readonly signing?: {
    readonly scheme: 'rfc9421'
    readonly algorithm: 'ecdsa-p256-sha256'
    readonly label: string
    readonly components: readonly string[]
    readonly lifetimeS: number
    readonly digest: 'sha-512'
    readonly dateHeader: string
    readonly headers?: Readonly<Record<string, string>>
  }
  readonly webhook:
    | {
        readonly scheme: 'rfc9421'
        readonly label: string
        readonly required: readonly string[]
        readonly single?: readonly string[]
        /** A list of `{id, key}`, the key as SPKI PEM. */
        readonly keys: { readonly request: RequestSpec }
      }
    | {
        readonly scheme: 'hmac-sha256' | 'hmac-sha512'
        readonly header: string
        readonly secret: string
        readonly prefix?: string
        /** The header is `t=seconds,v1=mac`, and the MAC is over the time and then the body (SHA-256 only). */
        readonly windowS?: number
      }
    | { readonly scheme: 'equals'; readonly header: string; readonly secret: string }
    | { readonly scheme: 'none' }
  readonly classes?: Readonly<Record<string, ClassSpec>>
  readonly amount: {
    readonly spelling: 'decimal' | 'trimmed' | 'minor'
    /** Of currencies that the gateway writes minor units of with so many zeros behind: hundredths of a franc, which there are none of. */
    readonly zeros?: Readonly<Record<string, number>>
  }
  readonly inputs?: Readonly<Record<string, string>>
  readonly providers: Readonly<Record<string, ProviderSpec>>
  readonly deposit: { readonly request: RequestSpec; readonly answer: ReaderSpec }
  readonly status: { readonly request: RequestSpec; readonly answer: ReaderSpec }
  /** Calls a deposit off. Read as a status is: `failed` means that it is over for good. Absent: it cannot be called off. */
  readonly cancel?: { readonly request: RequestSpec; readonly answer: ReaderSpec }
  /**
   * Hands on the code that a deposit's `nextAction` otp asked for. Read as a deposit is, and said of the code: `rejected`, it was
   * not taken and another may be tried; `accepted`, with what the customer is to do next. Absent: there are no codes.
   */
  readonly otp?: { readonly request: RequestSpec; readonly answer: ReaderSpec }
  /** What a country's providers take; the answer is for people. */
  readonly conditions?: { readonly request: RequestSpec }
  readonly predict?: { readonly request: RequestSpec; readonly answer: ReaderSpec }
  readonly callback: ReaderSpec
}

/** What a merchant may be charged for; what is not said is not limited. */
export interface PolicyRules {
  /** Most minor units of one payment, by currency; a currency that is not named is refused. */
  readonly amountCapMinor?: Readonly<Record<string, string>>
  /** Most minor units that are asked for in one day, by currency; a currency that is not named is refused. */
  readonly dayCapMinor?: Readonly<Record<string, string>>
  /** Where the day of `dayCapMinor` begins: so many minutes before midnight in UTC. Absent: 0. */
  readonly utcOffsetMinutes?: number
  /** Public keys of the shop by key id (docs/signed-intents.md), and whether a payment must be signed by one. */
  readonly intents?: { readonly keys?: Readonly<Record<string, string>>; readonly required?: boolean }
  /** ISO 3166-1 alpha-3, of the provider. */
  readonly countries?: readonly string[]
  readonly providers?: readonly string[]
  /** Local minutes of the day: from the first up to, not including, the second; over midnight when it is the smaller. */
  readonly hours?: { readonly from: string; readonly until: string; readonly utcOffsetMinutes: number }
}

export interface Policy {
  /** For every merchant that is not named below. */
  readonly default: PolicyRules
  readonly merchants?: Readonly<Record<string, PolicyRules>>
}
