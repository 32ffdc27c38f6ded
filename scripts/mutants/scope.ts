/**
 * What is mutated. In `MONEY` no mutant may survive; elsewhere at most `EXPLAINED_MAX` may, each with a reason in
 * `test/mutants/explained.json`.
 */
export const EXPLAINED_MAX = 5

interface RustScope {
  readonly package: string
  readonly files: string
  readonly money: boolean
}

/** Globs are cargo-mutants', from rust-core. */
export const RUST: readonly RustScope[] = [
  { package: 'payments', files: 'crates/payments/src/money.rs', money: true },
  { package: 'payments', files: 'crates/payments/src/reducer*.rs', money: true },
  { package: 'payments', files: 'crates/payments/src/reducer/*.rs', money: true },
  { package: 'payments', files: 'crates/payments/src/reference.rs', money: false },
  { package: 'httpsig', files: 'crates/httpsig/src/*.rs', money: true },
  { package: 'seal', files: 'crates/seal/src/*.rs', money: true },
]

/** The glue around the core that decides something: pure, so that tests without a Worker reach it. */
export const TYPESCRIPT: readonly string[] = [
  'src/flows/accept-callback.ts',
  'src/flows/deliver-callback.ts',
  'src/flows/deliver-fulfilment.ts',
  'src/flows/fingerprint.ts',
  'src/flows/fulfil.ts',
  'src/flows/read-payment.ts',
  'src/flows/start-payment.ts',
  'src/flows/trusted-view.ts',
  'src/consumer/begin-decision.ts',
  'src/consumer/questions.ts',
  'src/consumer/told.ts',
]

/** Where the tests of these are. */
export const TYPESCRIPT_TESTS = ['test/flows/**/*.test.ts', 'test/unit/consumer/**/*.test.ts']
