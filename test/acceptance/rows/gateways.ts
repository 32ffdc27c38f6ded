import { at, ofEveryGateway, type Row } from '../registry.ts'

const REDUCER = 'rust-core/crates/payments/src/reducer.rs'
const REDUCER_TESTS = 'rust-core/crates/payments/src/reducer/tests.rs'
const PROPERTIES = 'rust-core/model/src/properties.rs'
const DEPOSIT_TESTS = 'rust-core/crates/gateway/tests/deposit.rs'
const FAILOVER = 'rust-core/crates/route/src/failover.rs'
const FAILOVER_TESTS = 'rust-core/crates/route/tests/failover.rs'
const CANCEL = 'test/conformance/gateways/cancel.test.ts'
const CALL_OFF = 'test/workers/consumer/call-off.test.ts'
const ROUTING = 'test/workers/consumer/routing.test.ts'
const REPLAYED = 'test/acceptance/replayed.test.ts'

/** What gateways say, what they do not say, and what that lets us conclude. */
export const GATEWAY_ROWS: readonly Row[] = [
  {
    id: 'T16',
    when: 'the connection to the gateway is refused, reset, closed after the request or cut in the answer',
    must: 'unknown, whatever the cause: a status query by reference decides, and no other attempt before it has',
    layers: {
      w: at('test/workers/vault/transport.test.ts', 'T16: nothing comes back, whatever the cause'),
      x: at('test/crash/connections.test.ts', 'T16: %o between Worker and gateway', 'T16 T17 T08: at rest'),
      p: ofEveryGateway(
        'transport',
        'the call is lost before it is processed',
        'the answer is lost after it was processed',
        'half an answer',
        'an empty body',
      ),
    },
    guards: [
      {
        kind: 'text',
        file: 'src/vault/transport.ts',
        find: "return { kind: 'no_response', reason: expired ? 'timeout' : 'network' }",
        replace: "return { kind: 'foreign' }",
        why: 'a broken connection counts as never sent',
      },
    ],
  },
  {
    id: 'T17',
    when: 'the gateway hangs, and takes the money later',
    must: 'the attempt is unknown at the deadline, nothing fails over, and the callback or a query completes it',
    layers: {
      s: at('test/acceptance/simulated.test.ts', 'T17: a gateway hangs and takes the money later'),
      x: at(
        'test/crash/connections.test.ts',
        'T17: the gateway hangs and captures: the callback completes the payment while the call is still open',
      ),
      w: [
        ...at(
          'test/workers/consumer/watch.test.ts',
          'T17: unknown, then found by asking: succeeded, a nudge is published, one delivery fulfils it',
        ),
        ...at(
          'test/e2e/ambiguity.test.ts',
          'T17: an answer that is lost after the gateway took the money is unknown, then found by polling',
        ),
      ],
      m: at(PROPERTIES, 'I7 failed means not captured'),
      p: ofEveryGateway('transport', 'the answer comes too late', 'the answer drips'),
    },
    guards: [
      { kind: 'mutant', name: 'timeout-is-a-refusal', why: 'a hanging gateway frees the way for a second charge' },
      { kind: 'mutant', name: 'drop-unknown-guard', why: 'another attempt begins beside an unknown one' },
    ],
  },
  {
    id: 'T18',
    when: 'the gateway answers 500, 502, 503, 504 or 52x, with HTML or XML',
    must: 'unknown; the page is cut short, never read as a status and kept nowhere',
    layers: {
      w: [
        ...at('test/workers/vault/answers.test.ts', 'T18: an error of the gateway is no word about the payment'),
        ...at(
          'test/e2e/gateway-errors.test.ts',
          'T18: %i with HTML, although the gateway took the deposit: unknown, asked about, paid once',
          'T18: what a gateway says in an error page is in no log',
        ),
      ],
      p: [
        ...at(DEPOSIT_TESTS, 't18_t20_only_a_definite_no_is_a_no'),
        ...ofEveryGateway('transport', 'an HTML page', 'a question that is not answered teaches nothing'),
      ],
    },
    guards: [
      {
        kind: 'text',
        file: 'rust-core/crates/gateway/src/http.rs',
        find: '408 | 429 | 300..=399 | 500.. | ..200',
        replace: '408 | 429 | 300..=399 | ..200',
        why: 'a refusal inside an error page is believed',
      },
      {
        kind: 'text',
        file: 'src/vault/transport.ts',
        find: '        truncated,\n',
        replace: '        truncated: false,\n',
        why: 'half a page counts as a whole answer',
      },
    ],
  },
  {
    id: 'T19',
    when: 'a refusal comes with 200, an acceptance with 201, nothing at all with 202',
    must: 'a table of words decides, not the class of the HTTP status',
    layers: {
      p: [
        ...at(
          'test/acceptance/gateway-words.test.ts',
          'T19: the answer to a deposit is read by its own words and not by its HTTP class',
        ),
        ...at(DEPOSIT_TESTS, 't18_t20_only_a_definite_no_is_a_no'),
        ...ofEveryGateway('outcomes', 'each documented answer to a send', 'each refusal at the door'),
        ...ofEveryGateway('transport', 'an unknown word as answer to the send'),
      ],
    },
    guards: [
      {
        kind: 'text',
        file: 'src/gateways/pawapay/gateway.json',
        find: '"when": { "status": ["REJECTED"], "code": "any" },',
        replace: '"when": { "status": ["REJECTED"], "code": "any", "http": ["4xx"] },',
        why: 'a refusal with 200 is not heard',
      },
      {
        kind: 'text',
        file: 'src/consumer/told.ts',
        find: "return { type: 'sendRejected', n, code: outcome.code, nowMs }",
        replace: "return { type: 'sendAccepted', n, nextAction: null, nowMs }",
        why: 'a refused payment waits for a customer who was never asked',
      },
    ],
  },
  {
    id: 'T20',
    when: 'the gateway says that it has our reference already',
    must: 'ours exists: it is asked about, and never sent under another reference',
    layers: {
      w: [
        ...at('test/workers/vault/answers.test.ts', 'T20: an answer that says that ours exists already'),
        ...at('test/workers/consumer/ours-exists.test.ts', 'T20: the gateway says that it has our reference already'),
      ],
      p: [
        ...at(DEPOSIT_TESTS, 't18_t20_only_a_definite_no_is_a_no'),
        ...ofEveryGateway('outcomes', 'a duplicate reference is no refusal', 'a duplicate reference takes money once'),
      ],
    },
    guards: [
      {
        kind: 'text',
        file: 'src/gateways/pawapay/gateway.json',
        find: '"then": { "kind": "unknown", "reason": "duplicate" },',
        replace: '"then": { "kind": "rejected", "code": "DUPLICATE_IGNORED" },',
        why: 'a deposit that exists counts as refused',
      },
      {
        kind: 'text',
        file: 'src/consumer/told.ts',
        find: "return { type: 'sendUnknown', n, nowMs }",
        replace: "return { type: 'sendRejected', n, code: outcome.reason, nowMs }",
        why: 'the shop is told to try again, and charges a second time',
        seenIn: 'test/workers/consumer/ours-exists.test.ts',
      },
    ],
  },
  {
    id: 'T21',
    when: 'a status query says "not found" a second after the send, and "found" twenty seconds later',
    must: 'nothing is concluded before the settling time',
    layers: {
      s: at('test/acceptance/simulated.test.ts', 'T21: a gateway does not find what it has just taken'),
      w: at(
        'test/workers/consumer/watch.test.ts',
        'T21: not found is no conclusion before the settling time',
        'T21: not found counts for when it was asked, not for when the answer came',
      ),
      m: at(PROPERTIES, 'I7 failed means not captured'),
      p: [...at(REDUCER_TESTS, 'what_the_gateway_says'), ...ofEveryGateway('outcomes', 'asked before it is known')],
    },
    guards: [
      { kind: 'mutant', name: 'fail-on-silence', why: 'the first "not found" fails a deposit that is on its way' },
      {
        kind: 'text',
        file: 'src/consumer/payment-object.ts',
        find: 'this.#step(statusEvent(n, status, askedByClockMs, clock()))',
        replace: 'this.#step(statusEvent(n, status, clock(), clock()))',
        // It takes an answer that comes just then: no world of the simulation need have one.
        seenIn: 'test/workers/consumer/watch.test.ts',
        why: 'an answer counts for later than it was asked for',
      },
    ],
  },
  {
    id: 'T22',
    when: 'status queries themselves fail for two hours',
    must: 'they become fewer and change nothing; when it lasts too long, people are told',
    layers: {
      s: at('test/acceptance/simulated.test.ts', 'T22: a gateway cannot be asked'),
      w: [
        ...at('test/workers/consumer/watch.test.ts', 'T22: a question that fails changes nothing and is asked again'),
        ...at(
          'test/workers/consumer/sweep-payments.test.ts',
          'T22: a gateway that answers no question for two hours is told of once, with how many payments wait for it',
          'T22: nobody is told of single questions that fail, nor of a customer who takes days',
        ),
        ...at(
          'test/e2e/gateway-errors.test.ts',
          'T22: two hours in which the gateway answers no question: nothing is concluded, the questions become fewer, then it is paid',
        ),
      ],
      p: [
        ...at(REDUCER_TESTS, 't22_silence_is_asked_about_for_thirty_days_and_then_people_are'),
        ...ofEveryGateway('transport', 'a question that is not answered teaches nothing'),
      ],
    },
    guards: [
      {
        kind: 'text',
        file: 'src/consumer/told.ts',
        find: "return { type: 'pollFailed', n, nowMs }",
        replace:
          "return { type: 'told', n, outcome: 'failed', failureCode: null, amountMinor: null, currency: null, providerTransactionId: null, source: 'poll', nowMs }",
        why: 'a gateway that cannot be asked fails its payments',
      },
      {
        kind: 'text',
        file: REDUCER,
        find: '        effects.push(Effect::alert("review", n));\n        state.doubt("silent_for_30_days");\n',
        replace: '        let _ = (n, &effects);\n',
        why: 'nobody ever hears of a payment that stays open',
      },
      {
        kind: 'text',
        file: 'src/consumer/unanswered.ts',
        find: 'nowMs - before.sinceMs >= TOO_LONG_MS',
        replace: 'nowMs - before.sinceMs < 0',
        why: 'nobody hears of a gateway that cannot be asked until a month is over',
        seenIn: 'test/workers/consumer/sweep-payments.test.ts',
      },
    ],
  },
  {
    id: 'T23',
    when: 'the gateway says failed, and ten minutes later that it took the money, while a second attempt may be open',
    must: 'a late success; the other attempt is called off where that can be done, else watched, and what it takes too is a double to be given back',
    layers: {
      m: at(
        PROPERTIES,
        'I1 doubles are recorded',
        'sees a late success',
        'sees both gateways capture, and the double recorded',
      ),
      s: at('test/acceptance/simulated.test.ts', 'T23: failed, and then it took the money'),
      w: [
        ...at(
          'test/workers/consumer/watch.test.ts',
          'T23: a success after the failure of attempt 1 while attempt 2 is open: paid once, and the other is a double',
        ),
        ...at('test/workers/consumer/late-payer.test.ts', 'T23: a late success is his who paid, everywhere'),
        ...at(
          'test/workers/consumer/call-off.test.ts',
          'T23: the other is called off at once, and nobody can pay there any more',
          'T23: it is paid there, too: a double, and a refund is due',
          'T23: a gateway that %s is asked again, less and less often and not for ever; the attempt is watched',
          'T23, T05: cut off while the gateway is asked, it is asked again',
          'T23: one whose call is under way is called off when that has ended',
          'T23: one at a gateway that cannot is watched and nothing else',
        ),
      ],
      p: ofEveryGateway('outcomes', 'failed, and paid after all'),
    },
    guards: [
      { kind: 'mutant', name: 'double-not-recorded', why: 'the second charge is kept and nobody knows' },
      { kind: 'mutant', name: 'late-success-dropped', why: 'money that was taken is lost' },
      {
        kind: 'text',
        file: 'src/consumer/payer.ts',
        find: 'captured(state) ?? latestSent(state)',
        replace: 'latestSent(state)',
        why: 'the shop is told that somebody else has paid',
        seenIn: 'test/workers/consumer/late-payer.test.ts',
      },
      {
        kind: 'text',
        file: 'src/consumer/call-off.ts',
        find: 'const callOffs = captured(record.state)\n',
        replace: "const callOffs = record.state.status === 'review'\n",
        why: 'the page of the second attempt stays payable after the first was paid late',
        seenIn: 'test/workers/consumer/call-off.test.ts',
      },
    ],
  },
  {
    id: 'T24',
    when: 'the first gateway definitely failed, the second times out',
    must: 'the second is unknown, and there is no third',
    layers: {
      m: at(PROPERTIES, 'I7 no attempt beside an open one'),
      p: [
        ...at(REDUCER_TESTS, 'begin_is_refused_while_money_may_still_move'),
        ...at(FAILOVER_TESTS, 't24_t25_the_table', 't26_no_short_sequence_at_all_ends_in_a_second_charge'),
      ],
      w: at(
        'test/workers/consumer/failover.test.ts',
        'T24: refused by the first, lost at the second: unknown, and there is no third',
        'T24: refused by the second, too: the shop hears that refusal, and there is no second failover',
        'T24: when the second has: both are captured, the later is a double, a refund is a task, people are told',
      ),
    },
    guards: [
      { kind: 'mutant', name: 'drop-unknown-guard', why: 'an attempt begins beside an unknown one' },
      {
        kind: 'text',
        file: FAILOVER,
        find: 'Doubt::TimedOut => !mutated("failover-on-timeout"),',
        replace: 'Doubt::TimedOut => mutated("failover-on-timeout"),',
        why: 'a third gateway is tried while the second may still take the money',
      },
    ],
  },
  {
    id: 'T25',
    when: 'a session is told to expire, so that another gateway may be tried: it does, or it is paid already',
    must: 'the way is free once the gateway has confirmed it; what is paid stays paid',
    layers: {
      w: [
        ...at(
          'test/workers/vault/vault.test.ts',
          'what is %s is not called off',
          'is certain when the gateway says so, by its own id',
          'what was paid meanwhile is asked about again, for how much',
          'an answer that says %s is no certainty',
        ),
        ...at(
          CALL_OFF,
          'T25: the gateway confirms that the first is called off: the second goes, and the shop hears of no failure',
          'T25: it is paid already: that is adopted, and nothing more is sent',
          'T25: a gateway that %s keeps the payment, which may still be captured there',
        ),
      ],
      p: [
        ...at(FAILOVER_TESTS, 't24_t25_the_table'),
        ...at(
          CANCEL,
          'a session that is open is over once the gateway says so, and nobody can pay it',
          'what is paid stays paid, with its amount',
          'what the gateway does not confirm, or does not know, may still be paid',
        ),
      ],
    },
    guards: [
      {
        kind: 'text',
        file: FAILOVER,
        find: 'Self::CancelRequested => !mutated("cancel-not-confirmed"),',
        replace: 'Self::CancelRequested => mutated("cancel-not-confirmed"),',
        why: 'it is enough to have asked for the end of a session that may yet be paid',
      },
      {
        kind: 'text',
        file: 'src/vault/vault.ts',
        find: '      if (already !== null) return already\n',
        replace: '',
        why: 'what is paid is told to expire',
      },
      {
        kind: 'text',
        file: 'src/consumer/call-off.ts',
        find: "    case 'unknown':\n      return null\n",
        replace: "    case 'unknown':\n      return callOffEvent(n, { kind: 'cancelled' }, nowMs, nowMs)\n",
        why: 'a cancel that nobody confirmed frees the way for a second charge',
        seenIn: CALL_OFF,
      },
    ],
  },
  {
    id: 'T26',
    when: 'a gateway is found to be ill while attempts are pending there',
    must: 'what is pending stays with it; only what is new goes elsewhere',
    layers: {
      s: at(REPLAYED, 'T26: a gateway goes down while payments are pending there'),
      p: at(FAILOVER_TESTS, 't26_no_short_sequence_at_all_ends_in_a_second_charge'),
      w: [
        ...at(
          ROUTING,
          'T26: when a breaker opens, what is pending stays where it is, and only new payments move',
          'I7: leaves an attempt that may still be captured where it is, whatever the policy says by now',
        ),
        ...at('test/unit/core/route.test.ts', 'T26: never lets go of an attempt that may still be captured'),
      ],
    },
    guards: [
      {
        kind: 'text',
        file: 'rust-core/crates/route/src/decide.rs',
        find: 'mutated("breaker-moves-pending") &&',
        replace: '!mutated("breaker-moves-pending") &&',
        why: 'who waits for a customer at a gateway that falls ill is charged at another one',
      },
      {
        kind: 'text',
        file: 'src/consumer/route-health.ts',
        find: "      return { kind: 'unknown' }\n",
        replace: '      return null\n',
        why: 'new payments go on to a gateway that answers nobody',
        seenIn: ROUTING,
      },
    ],
  },
  {
    id: 'T27',
    when: 'an operator is down, whichever gateway is asked',
    must: 'the shop hears it at once, nothing goes back and forth, and no gateway is blamed',
    layers: {
      s: at(REPLAYED, 'T27: an operator goes down at every gateway'),
      w: at(
        ROUTING,
        'T27: an operator that is down at every gateway is said to be, at once, and no gateway is asked twice',
      ),
      p: [
        ...at(
          'rust-core/crates/route/tests/health.rs',
          't27_an_operator_that_is_down_everywhere_is_blamed_in_place_of_its_gateways',
        ),
        ...at('rust-core/crates/route/tests/decide.rs', 't27_the_shop_hears_at_once_that_the_rail_is_down'),
      ],
    },
    guards: [
      {
        kind: 'text',
        file: 'rust-core/crates/route/src/health.rs',
        find: 'if reaching.is_empty() || !to_blame {',
        replace: 'if !reaching.is_empty() || !to_blame {',
        why: 'each gateway is blamed for its operator, and payments go back and forth between them',
      },
      {
        kind: 'text',
        file: 'src/consumer/refusal-cause.ts',
        find: "OF_OPERATOR.has(failureCode) ? 'operator' : 'customer'",
        replace: "'customer'",
        why: 'nobody hears of it, and every customer is asked in vain',
        seenIn: ROUTING,
      },
    ],
  },
  {
    id: 'T28',
    when: 'another amount or currency was taken than was asked, less a fee, a part, or too much',
    must: 'it goes to review and is not fulfilled',
    layers: {
      p: [
        ...at(
          'test/acceptance/money.test.ts',
          'T28: another amount, another currency or none goes to review and is never to be fulfilled',
          'T28: the sum that was asked, and nothing else, is paid',
        ),
        ...at(REDUCER_TESTS, 't28_only_the_payments_own_amount_pays'),
      ],
      w: [
        ...at('test/workers/consumer/watch.test.ts', 'T28: another amount goes to review and is never due'),
        ...at('test/e2e/ambiguity.test.ts', 'T28: a callback over another amount goes to review and is not fulfilled'),
      ],
    },
    guards: [
      {
        kind: 'text',
        file: 'rust-core/crates/payments/src/reducer/gateway_word.rs',
        find: '        && told.currency.as_ref() == Some(&state.currency)\n        || mutated',
        replace: '        || mutated',
        why: 'fifteen of one currency pay for fifteen of another',
      },
      { kind: 'mutant', name: 'amount-not-compared', why: 'one kwacha pays for a hundred' },
    ],
  },
  {
    id: 'T29',
    when: 'currencies have no decimals, two or three, and gateways write amounts in their own ways',
    must: 'integer minor units inside; what an adapter writes reads back as the same amount, and what does not fit is refused',
    layers: {
      p: [
        ...at(
          'test/acceptance/money.test.ts',
          'T29: what is written for any currency reads back as the same minor units, and finer parts are refused',
          "T29: the adapter's own spelling, decoded, is the amount that was asked: no trailing zero, no lost one",
          'T29: callbacks and status answers, padded as gateways pad, decode to the same minor units',
          'T29: %j is no amount, from a shop or from a gateway',
        ),
        ...at(
          'rust-core/crates/payments/src/money.rs',
          't29_reading_undoes_writing',
          't29_reads_decimals_by_the_currency',
        ),
        ...at(DEPOSIT_TESTS, 't29_amounts_have_no_trailing_zeros'),
        ...at('rust-core/crates/gateway/tests/callback.rs', 't29_amounts_are_minor_units_or_nothing'),
        ...ofEveryGateway(
          'money',
          'money survives the way there and back',
          'an amount that the provider cannot express is not sent',
          'an amount that is no multiple of what the provider takes is not sent',
        ),
      ],
    },
    guards: [
      {
        kind: 'text',
        file: 'rust-core/crates/payments/src/money.rs',
        find: 'let padding = usize::from(exponent).checked_sub(self.fraction.len())?;',
        replace: 'let padding = usize::from(exponent).saturating_sub(self.fraction.len());',
        why: 'a part of a cent is read as ten of them',
      },
      {
        kind: 'text',
        file: 'src/gateways/pawapay/gateway.json',
        find: '"amount": { "spelling": "trimmed" },',
        replace: '"amount": { "spelling": "decimal" },',
        why: 'the gateway refuses every amount that ends in a zero',
      },
      {
        kind: 'text',
        file: 'scripts/provision/compile.ts',
        find: "        builder.emit('AtLeast', { a: zero, b: bound, else: beyond })\n",
        replace: '',
        why: 'the gateway is sent an amount that it does not take',
        seenIn: 'test/conformance/gateways/gateways.test.ts',
      },
    ],
  },
  {
    id: 'T30',
    when: 'a status is new, misspelt, in lower case or another gateway’s word',
    must: 'only words on a list are success; any other leaves the payment open and tells people',
    layers: {
      p: [
        ...at('test/acceptance/gateway-words.test.ts', 'T30: a status that is not on the list'),
        ...at('rust-core/crates/gateway/tests/callback.rs', 't30_outcomes_are_an_allow_list'),
        ...at('rust-core/crates/gateway/tests/answers.rs', 't30_only_completed_and_failed_are_final'),
        ...at(
          'rust-core/crates/gateway/tests/words.rs',
          't30_words_of_others_and_misspelt_ones_are_not_final',
          't30_no_word_but_two_is_final',
        ),
        ...ofEveryGateway('outcomes', 'each documented status', 'an unknown word as status'),
        ...ofEveryGateway('callbacks', 'a callback with an unknown word'),
      ],
    },
    guards: [
      {
        kind: 'text',
        file: 'rust-core/crates/gateway/src/status.rs',
        find: '"unrecognised" => Some(Self::Unrecognised),',
        replace: '"unrecognised" => Some(Self::Succeeded),',
        why: 'whatever sounds like success pays',
      },
      {
        kind: 'text',
        file: 'src/gateways/pawapay/gateway.json',
        find: '"then": { "outcome": "unrecognised" },',
        replace: '"then": { "outcome": "failed" },',
        why: 'a word that we do not know fails a payment',
      },
    ],
  },
  {
    id: 'T31',
    when: 'a code is sent twice, wrong or too late, or a customer leaves the page of the gateway',
    must: 'one authorisation, which can be taken up again and ends when the gateway says so',
    layers: {
      w: [
        ...at(
          'test/workers/consumer/watch.test.ts',
          'T31: a redirect that is left expires when the gateway says so, and another attempt may begin',
        ),
        ...at(
          'test/workers/consumer/otp.test.ts',
          'T31: is shown as wanted, handed on once, and then only the phone is left',
          'T31: a wrong one is told, and another may be tried; the same one is not asked of the gateway again',
          'T31: sent twice at once it is handed on once, and both have its answer',
          'T31: no answer is unknown: the code is not sent again, and a status query decides',
          'T31: after its time the gateway says so, and another attempt may begin',
          'T31: nobody who waits for none is sent one, and nobody else may send it',
          'T31: guessing ends: so many codes are handed on, and then none',
        ),
        ...at(
          'test/e2e/otp.test.ts',
          'T31: a code after the charge: asked for, refused when wrong, handed on once when right',
          'T31: the answer to a code is lost: unknown, asked about, and taken once',
          'T31: a code after its time: the gateway says that the charge is over, and the invoice may be paid again',
          'T31: on the page of a checkout: how to get the code, a wrong one, and the right one once',
        ),
        ...at(
          'test/e2e/checkout.test.ts',
          'T31: a code that comes first: asked for, refused when wrong, sent once when right, and written nowhere',
          'T31: a code sent twice, at once or once more when it was refused, is asked of the gateway once',
          'T31: a network with a page of its own: there and back, and nothing taken when nobody comes back',
        ),
      ],
    },
    guards: [
      {
        kind: 'text',
        file: 'src/edge/routes/pages.ts',
        find: '{attempt}`,',
        replace: '{deps.nowMs()}`,',
        why: 'a form out of the browser’s memory sends a code that was refused once more',
        seenIn: 'test/e2e/checkout.test.ts',
      },
      {
        kind: 'text',
        file: 'src/edge/routes/pages.ts',
        find: 'if (isCoded && !/^[A-Za-z0-9]{1,36}$/.test(code))',
        replace: 'if (isCoded && code.length > 36)',
        why: 'a deposit goes out that the network cannot take, and the customer is not asked for the code',
        seenIn: 'test/e2e/checkout.test.ts',
      },
      {
        kind: 'text',
        file: 'src/edge/pages/waiting.ts',
        find: "const link = url?.startsWith('https://') ? url : undefined",
        replace: 'const link = url === undefined ? url : undefined',
        why: 'who left the network’s page never finds back to it',
        seenIn: 'test/e2e/checkout.test.ts',
      },
      {
        kind: 'text',
        file: 'src/consumer/otp-tries.ts',
        find: "if (tried) return { kind: 'known', tried }",
        replace: "if (tried?.hash === '') return { kind: 'known', tried }",
        why: 'a code is asked of the gateway as often as it is sent',
        seenIn: 'test/workers/consumer/otp.test.ts',
      },
      {
        kind: 'text',
        file: 'src/consumer/otp-tries.ts',
        find: "if (attempt?.status !== 'needs_action' || state.nextAction?.type !== 'otp')",
        replace: 'if (!attempt)',
        why: 'a code goes out for a charge that waits for none, or is over',
        seenIn: 'test/workers/consumer/otp.test.ts',
      },
      {
        kind: 'text',
        file: 'src/consumer/otp-tries.ts',
        find: 'return tries.length < OTP_TRIES_MAX ?',
        replace: 'return tries.length < Number.POSITIVE_INFINITY ?',
        why: 'codes can be guessed for as long as the charge waits',
        seenIn: 'test/workers/consumer/otp.test.ts',
      },
      {
        kind: 'text',
        file: 'src/consumer/otp-tries.ts',
        find: "outcome.kind !== 'not_sent' && (outcome.kind !== 'accepted' || outcome.nextAction === undefined)",
        replace: 'outcome === null',
        why: 'a code whose answer was lost, or that came too late, leaves the customer waiting for the next poll',
        seenIn: 'test/workers/consumer/otp.test.ts',
      },
    ],
  },
  {
    id: 'T32',
    when: 'the token of an adapter ends while a call is under way: 401 to a deposit, or to a status query',
    must: 'a deposit was certainly not made: a token that is fetched is fetched anew, and of one that people make they are told; a status query changes nothing',
    layers: {
      w: [
        ...at(
          'test/e2e/credentials.test.ts',
          'T32: %i on create took nothing',
          'T32: 401 on a status question changes nothing: the payment stays open, is asked about again, and ends paid',
        ),
        ...at('test/e2e/mtn.test.ts', 'a token that is refused is fetched again, and the deposit goes once'),
      ],
      p: ofEveryGateway('outcomes', 'a token that has expired'),
    },
    guards: [
      {
        kind: 'text',
        file: 'src/vault/vault.ts',
        find: '(response.status === UNAUTHORISED || response.status === 403)',
        replace: '(response.status === 0)',
        why: 'nobody hears that every payment is refused',
        seenIn: 'test/e2e/credentials.test.ts',
      },
    ],
  },
  {
    id: 'T33',
    when: 'a refund times out, is asked for twice, or asks for more than was taken',
    must: 'unknown and asked about; one; refused',
    layers: {
      m: at(
        'rust-core/model/src/bin/check.rs',
        'T33 one refund a key, never more than was taken, failed means not given back',
      ),
      p: at(
        'rust-core/crates/payments/tests/refunds.rs',
        't33_a_timeout_is_unknown_and_asked_about',
        't33_a_double_click_is_one_refund',
        't33_never_more_than_was_taken',
        't33_refunds_whatever_happens',
      ),
    },
    guards: [
      { kind: 'mutant', name: 'refunds-not-summed', why: 'more is given back than was taken' },
      { kind: 'mutant', name: 'refund-key-not-compared', why: 'a double click gives back twice' },
      { kind: 'mutant', name: 'refund-unknown-is-failed', why: 'a refund whose answer was lost is made once more' },
    ],
  },
]
