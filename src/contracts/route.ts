/**
 * The types of route.wasm: which gateway a payment goes through, and why. `src/core/route.ts` is its only importer.
 * JSON strings cross the boundary; money is integer minor units in a string; parts of a score are hundredths of a percent (bp).
 * A *rail* is an operator in a country, named by pawaPay's provider code. docs/routing.md says how all of it works together.
 */

export interface RoutePolicy {
  /** Written into every decision. */
  readonly version: string
  /** At most 32. Of equals the first is taken. */
  readonly gateways: readonly RoutedGateway[]
  /** At most 200, the first that applies before the others. */
  readonly rules?: readonly RouteRule[]
  readonly settings?: RouteSettings
}

export interface RoutedGateway {
  readonly name: string
  readonly providers: readonly {
    readonly code: string
    readonly country: string
    readonly currencies: readonly {
      readonly code: string
      /** How many this gateway takes, whatever the currency itself allows. */
      readonly decimals: number
      readonly minMinor?: string
      readonly maxMinor?: string
      readonly multipleOfMinor?: string
    }[]
  }[]
  /** What it can do beside a deposit: `redirect`, `otp`, `cancel`, `refund`… */
  readonly capabilities?: readonly string[]
  /** The merchants who have credentials or a contract of their own here; absent: open to all. */
  readonly merchants?: readonly string[]
  /**
   * Attempts that are open there are asked about, which probes it: payments do so only once such a call was answered, or when there
   * was none for 15 s. Default false.
   */
  readonly statusCalls?: boolean
}

export interface RouteRule {
  readonly id: string
  /** What is absent holds for all. An amount needs its one currency beside it. */
  readonly when?: {
    readonly merchants?: readonly string[]
    readonly countries?: readonly string[]
    readonly providers?: readonly string[]
    readonly currencies?: readonly string[]
    readonly fromMinor?: string
    readonly toMinor?: string
  }
  readonly effect:
    | { readonly kind: 'exclude'; readonly gateways: readonly string[] }
    | { readonly kind: 'priority'; readonly gateways: readonly string[] }
    | { readonly kind: 'split'; readonly shares: readonly { readonly gateway: string; readonly percent: number }[] }
    | {
        readonly kind: 'cost'
        readonly gateway: string
        readonly feeBp: number
        readonly fixedMinor?: string
        readonly paidBy: 'merchant' | 'customer'
      }
}

export interface RouteSettings {
  /** At most so much of the traffic looks at a gateway that is not the best. Default 100, at most 5,000. */
  readonly exploreBp?: number
  /** Amounts up to this may explore, and probe first, by currency. A currency that is not here does not explore. */
  readonly lowValueMinor?: Readonly<Record<string, string>>
  /** How much worse than the best a gateway may be for a rule to prefer it still. Default 500. */
  readonly toleranceBp?: number
  /** What is supposed of a gateway that nobody has seen at work. Defaults 9,000 and 4,000. */
  readonly priorSuccessBp?: number
  readonly priorPromptMs?: number
  /** What each second to the PIN prompt costs beyond the third. Default 100. */
  readonly latencyBpPerSecond?: number
  /** Whether a gateway is used although its breaker is open when no other could take the payment. Default true. */
  readonly lastResort?: boolean
}

export type RefusalCause = 'customer' | 'gateway' | 'operator'

/** Where an attempt stands, as failover has to know it. */
export type RoutedOutcome =
  /** `not_sent`: it certainly never left. `cancelled`: the gateway has confirmed it. */
  | { readonly outcome: 'not_sent' | 'cancelled' | 'cancel_requested' | 'expired' | 'pending' | 'needs_action' }
  | { readonly outcome: 'succeeded' }
  | { readonly outcome: 'refused' | 'failed'; readonly cause: RefusalCause }
  | {
      readonly outcome: 'unknown'
      readonly doubt:
        | { readonly why: 'timed_out' | 'server_error' | 'unreadable' }
        | { readonly why: 'not_found'; readonly forMs: number }
    }

export type RoutedAttempt = { readonly gateway: string } & RoutedOutcome

export interface RouteRequest {
  /** Exploration and splits are drawn from it: the same payment draws the same. */
  readonly paymentId: string
  readonly merchant: string
  readonly country: string
  readonly provider: string
  readonly currency: string
  readonly amountMinor: string
  readonly needs?: readonly string[]
  /** `request`: the shop asks. `failover`: Lango itself, after an attempt of the same request. */
  readonly trigger: 'request' | 'failover'
  /** Of this payment so far, oldest first; for a failover those of the shop's one request. */
  readonly attempts?: readonly RoutedAttempt[]
  readonly nowMs: number
}

export type BreakerPosition = 'closed' | 'open' | 'half_open'

export interface FailoverVerdict {
  readonly allowed: boolean
  readonly why:
    | 'nothing_sent'
    | 'refused_for_good'
    | 'cancel_confirmed'
    | 'already_paid'
    | 'may_still_be_captured'
    | 'customers_own'
    | 'failed_over_already'
}

export type WhyNot =
  | { readonly code: 'provider' | 'country' | 'currency' | 'no_contract' | 'already_tried' | 'closed_by_feed' }
  | { readonly code: 'decimals'; readonly decimals: number }
  | { readonly code: 'below_minimum'; readonly minimumMinor: string }
  | { readonly code: 'above_maximum'; readonly maximumMinor: string }
  | { readonly code: 'not_a_multiple'; readonly multipleOfMinor: string }
  | { readonly code: 'capability'; readonly capability: string }
  | { readonly code: 'excluded'; readonly rule: string }
  | { readonly code: 'breaker'; readonly untilMs: number }

export interface RouteScore {
  /** `successBp - latencyBp - costBp`. */
  readonly totalBp: number
  readonly successBp: number
  readonly latencyBp: number
  readonly costBp: number
  readonly promptMs: number
  readonly feeBp: number
  readonly feePaidBy: 'merchant' | 'customer' | null
  /** Outcomes that the success rate rests on, by their weight. */
  readonly evidence: number
}

export interface RouteCandidate {
  readonly gateway: string
  /** Of its breaker and that of the pair with the rail, the worse. */
  readonly position: BreakerPosition
  /** Null for those that could be chosen. */
  readonly whyNot: WhyNot | null
  /** Of those that could take the payment if it were for their breakers. */
  readonly score: RouteScore | null
}

/** The record of a decision: everything that was weighed. */
export interface RouteDecision {
  readonly v: 1
  readonly policyVersion: string
  readonly paymentId: string
  readonly nowMs: number
  readonly trigger: RouteRequest['trigger']
  /** Null when nothing is to be sent. */
  readonly gateway: string | null
  readonly because:
    | 'score'
    | 'priority'
    | 'split'
    | 'exploration'
    | 'probe'
    | 'last_resort'
    | 'already_paid'
    | 'may_still_be_captured'
    | 'customers_own'
    | 'failed_over_already'
    | 'rail_down'
    | 'no_gateway'
  /** The rule that spoke. */
  readonly rule: string | null
  /** What is seen of the attempt is to be reported as of a probe. */
  readonly probe: boolean
  readonly rail: string
  readonly railPosition: BreakerPosition
  /** Of a failover, whether it was allowed. */
  readonly failover: FailoverVerdict | null
  /** In the order of the policy. */
  readonly candidates: readonly RouteCandidate[]
}

/** What of a decision is acted on, and its record. */
export interface Routed extends Pick<RouteDecision, 'gateway' | 'because' | 'probe'> {
  /** The `RouteDecision` as JSON on one line, to be stored as it is: it is long, and only who asks why reads it. */
  readonly record: string
}

/** What a payment saw of a gateway on a rail. */
export interface RouteObservation {
  readonly gateway: string
  readonly rail: string
  /** The attempt went there as a probe: all that is seen of it carries this. */
  readonly probe?: boolean
  readonly nowMs: number
  readonly seen: /** `slow`: no prompt when there should have been one. `asked`, `answered`: a status call, as a probe. */
    | { readonly kind: 'sent' | 'slow' | 'succeeded' | 'unknown' | 'asked' | 'answered' }
    /** The customer has been asked, so long after the send. Where nobody is asked: the gateway has accepted. */
    | { readonly kind: 'prompted'; readonly afterMs: number }
    | { readonly kind: 'failed'; readonly cause: RefusalCause }
    /** The gateway's own availability feed. */
    | { readonly kind: 'feed'; readonly status: 'operational' | 'delayed' | 'closed' }
}

/** How gateways and rails are doing, as the next decision takes it. */
export interface RouteStanding {
  /** In the order of the policy. */
  readonly gateways: readonly { readonly name: string; readonly position: BreakerPosition }[]
  /** Those of which anything was seen. */
  readonly rails: readonly {
    readonly rail: string
    readonly position: BreakerPosition
    readonly pairs: readonly RoutePairStanding[]
  }[]
}

/** A gateway on a rail, of the last two minutes by their weight. Null: nothing was seen that would say it. */
export interface RoutePairStanding {
  readonly gateway: string
  readonly position: BreakerPosition
  readonly feed: 'operational' | 'delayed' | 'closed'
  /** That were not the customer's own doing. */
  readonly outcomes: number
  /** Captured, of those. */
  readonly successBp: number | null
  /** Whose answer was lost, of those. */
  readonly unknownBp: number | null
  readonly promptMs: number | null
}

/** Either may be null for all: a breaker of a gateway, of a rail, or of a pair. */
export interface ProbeDue {
  readonly gateway: string | null
  readonly rail: string | null
}

/**
 * One isolate's router. What it has seen is its own; what others have seen comes by `hear` and may be old or nothing: with a
 * lost store it goes by its own observations, and with none by what is supposed of an unknown gateway.
 */
export interface Router {
  route(request: RouteRequest): Routed
  observe(observation: RouteObservation): void
  /**
   * All that this isolate has seen and still counts, as JSON: publish it whole under a name of the isolate's own. What would be longer
   * than `bytesMax` is thinned: first what is usual is left out, then of the recent the oldest. Breakers and feeds stay.
   */
  own(nowMs: number, bytesMax?: number): string
  /**
   * What all the others last published, as it was stored, takes the place of what they had before. Of each only what is believed: no
   * names that the policy does not have, nothing of the future; and nothing of one that cannot be read. How many were read.
   * One's own must not be among it: what is merged adds.
   */
  hear(others: readonly string[], nowMs: number): number
  standing(nowMs: number): RouteStanding
  /** Breakers that wait for a status call. */
  probesDue(nowMs: number): readonly ProbeDue[]
}

export interface RouteCore {
  /** Throws `RangeError` with what is wrong with the policy, a line for each. */
  createRouter(policy: RoutePolicy): Router
  mayFailOver(attempts: readonly RoutedAttempt[]): FailoverVerdict
  /** A decision in a few lines of text. */
  explain(decision: RouteDecision): string
  buildId(): string
}
