/**
 * What is mutated. In `MONEY` no mutant may survive; elsewhere at most `EXPLAINED_MAX` may, each with a reason in
 * `test/mutants/explained.json`.
 */
export const EXPLAINED_MAX = 5

interface RustScope {
  readonly package: string
  readonly files: string
  /** Which of the package's tests are run, as cargo's arguments; all by default. Fewer only means that more may survive. */
  readonly tests?: readonly string[]
  readonly money: boolean
}

/** Tables, not the thousands of random histories beside them: what only chance finds is not pinned. */
const REDUCER = ['plan', 'refund_table', 'refunds', 'stored_states'].flatMap((name) => ['--test', name])

/** Globs are cargo-mutants', from rust-core. */
export const RUST: readonly RustScope[] = [
  { package: 'payments', files: 'crates/payments/src/money.rs', tests: ['--lib'], money: true },
  { package: 'payments', files: 'crates/payments/src/reducer*.rs', tests: ['--lib', ...REDUCER], money: true },
  { package: 'payments', files: 'crates/payments/src/reducer/*.rs', tests: ['--lib', ...REDUCER], money: true },
  { package: 'payments', files: 'crates/payments/src/reference.rs', tests: ['--lib'], money: false },
  { package: 'httpsig', files: 'crates/httpsig/src/*.rs', money: true },
  { package: 'httpsig', files: 'crates/httpsig/src/ecdsa/*.rs', money: true },
  { package: 'seal', files: 'crates/seal/src/*.rs', money: true },
]

/** The glue around the core that decides something: pure, so that tests without a Worker reach it. */
export const TYPESCRIPT: readonly string[] = [
  'src/flows/accept-callback.ts',
  'src/flows/deliver-callback.ts',
  'src/flows/deliver-fulfilment.ts',
  'src/flows/find-payments.ts',
  'src/flows/fingerprint.ts',
  'src/flows/fulfil.ts',
  'src/flows/rate-limits.ts',
  'src/flows/read-payment.ts',
  'src/flows/start-payment.ts',
  'src/flows/trusted-view.ts',
  'src/consumer/begin-decision.ts',
  'src/consumer/outbox.ts',
  'src/consumer/payment-index.ts',
  'src/consumer/payment-view.ts',
  'src/consumer/questions.ts',
  'src/consumer/retention.ts',
  'src/consumer/stored-record.ts',
  'src/consumer/told.ts',
]

/**
 * The tests of these, and no others: what talks to a real Redis or tries thousands of interleavings decides nothing about
 * these files that a table does not, and would be run for each mutant.
 */
export const TYPESCRIPT_TESTS: readonly string[] = [
  'test/flows/accept-callback.test.ts',
  'test/flows/deliver.test.ts',
  'test/flows/find-payments.test.ts',
  'test/flows/fingerprint.test.ts',
  'test/flows/read-payment.test.ts',
  'test/flows/start-payment.test.ts',
  'test/flows/trusted-view.test.ts',
  'test/unit/consumer/**/*.test.ts',
]
