import { at, ofEveryGateway, type Row } from '../registry.ts'

const REDUCER_TESTS = 'rust-core/crates/payments/src/reducer/tests.rs'
const PROPERTIES = 'rust-core/model/src/properties.rs'
const REDUCER_PROPERTIES = 'rust-core/crates/payments/tests/reducer_properties.rs'
const WATCH = 'test/workers/consumer/watch.test.ts'
const DELIVERIES = 'test/workers/consumer/deliveries.test.ts'
const DEAD_LETTERS = 'test/workers/consumer/dead-letters.test.ts'
const SWEEP = 'test/workers/consumer/sweep-payments.test.ts'
const SIMULATED = 'test/acceptance/simulated.test.ts'
const SPIKES = 'test/e2e/spikes.test.ts'
const DEAD_LETTERS_E2E = 'test/e2e/dead-letters.test.ts'

/** Callbacks, the queue behind them and the fulfilment at its end. */
export const CALLBACK_ROWS: readonly Row[] = [
  {
    id: 'T34',
    when: 'an unsigned callback says "successful", from anybody',
    must: 'it only makes us ask by our own reference; a lie changes nothing, and cannot be used to make many queries',
    layers: {
      w: [
        ...at('test/e2e/hints.test.ts', 'T34: an unsigned callback that lies changes nothing'),
        ...at(WATCH, 'T34: a hundred of them cause one question now and one later'),
        ...at(
          'test/workers/edge/limits.test.ts',
          'T34: is not verified any more when it forges callbacks; the gateway, from elsewhere, is',
        ),
      ],
      p: ofEveryGateway('callbacks', 'an unsigned callback is not believed', 'a forged callback is not believed'),
    },
    guards: [
      {
        kind: 'text',
        file: 'src/consumer/payment-object.ts',
        find: 'Math.abs(nowMs - record.askedAtMs) < ASK_PAUSE_MS',
        replace: 'Math.abs(nowMs - record.askedAtMs) < 0',
        why: 'each forged callback is a query at the gateway',
      },
    ],
  },
  {
    id: 'T35',
    when: 'a signature is true and the body names another order',
    must: 'the order comes from our own row; a mismatch goes to people',
    layers: {
      p: at('rust-core/crates/payments/src/reference.rs', 'decoding_undoes_encoding'),
      w: at(WATCH, 'T35: a reference that is not the one we wrote is another payment'),
      m: at(PROPERTIES, 'I2 paid means captured'),
    },
    guards: [
      { kind: 'mutant', name: 'trusts-the-body', why: 'one customer’s payment pays another’s order' },
      {
        kind: 'text',
        file: 'src/consumer/payment-object.ts',
        find: 'n === verdict.attempt && reference === verdict.reference && gateway === verdict.gateway,',
        replace: 'n === verdict.attempt && gateway === verdict.gateway,',
        why: 'news of a reference that is not our own row’s is taken for ours',
        seenIn: WATCH,
      },
    ],
  },
  {
    id: 'T36',
    when: 'a byte of a callback changes, or its JSON, headers, encoding or size',
    must: 'raw bytes are verified, limits come before work, and what does not verify is refused',
    layers: {
      p: [
        ...at(
          'test/unit/core/vault-core.test.ts',
          'T36: one changed byte of the body, and it is not authentic',
          'T36: a body of bytes that are no text stays bytes',
          'T36: with any byte of a covered component or of the signature changed it does not',
        ),
        ...at(
          'rust-core/crates/gateway/tests/callback.rs',
          't36_every_byte_of_the_body_counts',
          't36_limits_come_before_work',
        ),
        ...at('rust-core/crates/httpsig/tests/pawapay.rs', 't36_forgeries_by_class'),
        ...at('test/unit/vault/form-callback.test.ts', 'a callback that is a form'),
        ...ofEveryGateway(
          'callbacks',
          'an altered callback is not believed',
          'a callback that is too large is not looked at',
        ),
      ],
      w: [
        ...at('test/workers/edge/webhooks.test.ts', 'T36: 413 above 64 KiB, before anything is verified'),
        ...at('test/e2e/forgery.test.ts', 'T36: a callback whose body was changed is 401, and nothing is queued'),
      ],
    },
    guards: [
      {
        kind: 'text',
        file: 'src/vault/form-callback.ts',
        find: 'new Set(entries.map(([name]) => name)).size === entries.length',
        replace: 'entries.length > 0',
        why: 'of a field that comes twice one is taken, and others take the other',
        seenIn: 'test/unit/vault/form-callback.test.ts',
      },
      {
        kind: 'text',
        file: 'rust-core/crates/gateway/src/callback.rs',
        find: '            DigestError::Mismatch => "digest_mismatch",\n        })\n    })?;',
        replace: '            DigestError::Mismatch => "digest_mismatch",\n        })\n    }).ok();',
        why: 'a signature without its body is enough',
      },
    ],
  },
  {
    id: 'T37',
    when: 'the same webhook comes a hundred times, beside polls and refreshes',
    must: 'one transition and one outbox event',
    layers: {
      m: at(PROPERTIES, 'I3 one posting'),
      s: at('test/acceptance/simulated.test.ts', 'T37: the same news again and again, beside polls'),
      w: [
        ...at('test/workers/consumer/ours-exists.test.ts', 'T37: the same news from every side at once'),
        ...at(WATCH, 'T37: the same verdict a hundred times is one transition'),
        ...at('test/e2e/ambiguity.test.ts', 'T37: a callback that arrives ten times changes the payment once'),
      ],
      p: at(REDUCER_PROPERTIES, 't37_an_event_that_comes_twice_changes_nothing_the_second_time'),
    },
    guards: [
      { kind: 'mutant', name: 'posting-not-idempotent', why: 'each delivery posts again' },
      {
        kind: 'text',
        file: 'src/adapters/d1-ledger.ts',
        find: 'due.attempt}`\n    const { amountMinor',
        replace: 'due.attempt}_`.concat(String(Date.now()))\n    const { amountMinor',
        why: 'the ledger holds one entry for each delivery',
      },
    ],
  },
  {
    id: 'T38',
    when: 'a webhook overtakes the answer to the send, or its own row',
    must: 'it is not dropped: it stands, or is kept and tried again until the row is there',
    layers: {
      s: at('test/acceptance/simulated.test.ts', 'T38: callbacks overtake the answer to the send'),
      w: at(WATCH, 'T38: a callback that overtakes the answer to the send stands'),
      p: [
        ...at(REDUCER_TESTS, 'what_the_send_reports'),
        ...at('test/flows/deliver.test.ts', 'T38: %s is kept for people'),
      ],
    },
    guards: [
      {
        kind: 'text',
        file: 'rust-core/crates/payments/src/reducer.rs',
        find: '    if attempt.is_unanswered() || mutated("refusal-undoes-the-gateways-word") {',
        replace: '    if attempt.is_open() || mutated("refusal-undoes-the-gateways-word") {',
        why: 'a late answer to the send fails what the gateway has acknowledged',
      },
      { kind: 'mutant', name: 'refusal-undoes-the-gateways-word', why: 'a late refusal undoes a payment' },
    ],
  },
  {
    id: 'T39',
    when: 'the gateway says success, then pending; failed, then success; success, then failed',
    must: 'success absorbs; success after failed is a late one; failed after success is asked about, and goes to people if the gateway then says so',
    layers: {
      m: at(PROPERTIES, 'I4 final stays final', 'I2 no success is lost', 'I4 an older word takes nothing back'),
      p: [
        ...at(REDUCER_PROPERTIES, 't39_invariants_hold_after_every_step'),
        ...at(
          REDUCER_TESTS,
          't39_only_an_answer_that_was_asked_for_since_takes_a_capture_back',
          'what_the_gateway_says',
        ),
      ],
      w: at(
        WATCH,
        'T39: a failed that the queue delivers late does not take a success back',
        'T39: takes nothing back when the gateway only repeats it: it is asked once, and not again',
        'T39: goes to review when the gateway, asked since, says so, and is not due any more',
        'T39: takes nothing back as the answer to a query that another has overtaken',
        'T39: is asked about until the gateway has said one or the other; an old success is no answer',
      ),
    },
    guards: [
      { kind: 'mutant', name: 'success-overwritten-by-failed', why: 'a late failed unmakes a payment' },
      { kind: 'mutant', name: 'pending-reopens', why: 'a late pending opens a paid payment' },
      { kind: 'mutant', name: 'a-callback-takes-it-back', why: 'an old failed, sent again, unmakes a paid payment' },
      { kind: 'mutant', name: 'contradiction-asks-nothing', why: 'money that went back is never noticed' },
      {
        kind: 'text',
        file: 'rust-core/crates/payments/src/reducer/gateway_word.rs',
        find: 'if late && !mutated("late-success-untold") {',
        replace: 'if late && mutated("late-success-untold") {',
        why: 'a late success is not told as one',
      },
    ],
  },
  {
    id: 'T40',
    when: 'publishing to the queue fails, or its answer is lost',
    must: '503, so that the gateway repeats it, or an outbox that is swept; twice is harmless',
    layers: {
      w: [
        ...at(
          'test/e2e/outages.test.ts',
          'T40: with QStash stopped a callback is kept, answered 200, and fulfilled when QStash is back',
        ),
        ...at(WATCH, 'T40: keeps a message once, publishes it when the queue is back, exactly as it was'),
        ...at('test/flows/accept-callback.test.ts', 'T40: is to be sent again when the queue fails and %s'),
        ...at(SWEEP, 'T40: a paid payment whose nudge was never published is found, and its outbox drained'),
        ...at(SPIKES, 'T40: QStash is down for five minutes while callbacks come: all are fulfilled, once'),
      ],
      x: at(
        'test/crash/connections.test.ts',
        'T40: the queue takes a message and its answer is lost: the callback counts once',
      ),
    },
    guards: [
      {
        kind: 'text',
        file: 'src/flows/accept-callback.ts',
        find: '    if (!kept) return unavailable\n',
        replace: '',
        why: 'a callback that nobody holds is answered 200',
      },
      {
        kind: 'text',
        file: 'src/consumer/payment-object.ts',
        find: "    if (!wasLost) return unansweredTooLong(record).length > 0 ? 'unanswered' : 'armed'\n",
        replace: "    if (dueAtMs) return 'armed'\n",
        why: 'an outbox whose alarm was lost is never drained',
        seenIn: SWEEP,
      },
    ],
  },
  {
    id: 'T41',
    when: 'the consumer dies between the effect and its mark, on either side',
    must: 'the effect is seen exactly once',
    layers: {
      s: at(SIMULATED, 'T41: the consumer dies between the effect and its mark, and what it was told is lost'),
      w: [
        ...at(DELIVERIES, 'T41, T50: a crash %s, then everything twice: the same end'),
        ...at(
          'test/crash/fail-points.test.ts',
          'T06 T41: killed anywhere between the callback and the mark, the effect is made once',
        ),
        ...at(
          'test/flows/deliver.test.ts',
          'T41: is applied, then posted, then told, then fulfilled, then marked, in this order',
        ),
        ...at(
          'test/crash/kills.test.ts',
          'T05 T06 T40 T41 T50: workerd is killed again and again at named points; every order is fulfilled, posted and told once',
        ),
        ...at(SPIKES, 'T41 T62: D1 fails for a minute while callbacks come: all are fulfilled, once'),
      ],
      m: at(PROPERTIES, 'I3 marked after the effect'),
    },
    guards: [
      { kind: 'mutant', name: 'mark-before-effect', why: 'a crash leaves a mark without its effect' },
      {
        kind: 'text',
        file: 'src/flows/fulfil.ts',
        find: 'const tries = await ports.post(due, via, ports.nowMs())',
        replace: `await ports.payment.markFulfilled(via, due.index?.revision)
  const tries = await ports.post(due, via, ports.nowMs())`,
        why: 'a payment is marked as fulfilled before it is posted',
        seenIn: 'test/flows/deliver.test.ts',
      },
    ],
  },
  {
    id: 'T42',
    when: 'the queue delivers again after its own 2xx, in parallel, or long after',
    must: 'no second fulfilment',
    layers: {
      s: at(SIMULATED, 'T42: the queue delivers again within a quarter of an hour, and after three months'),
      w: [
        ...at(DELIVERIES, 'T37, T42: delivered ten times, in parallel too, it is fulfilled once'),
        ...at(SPIKES, 'T37 T42: a spike of callbacks, 30 % of them repetitions, and the queue repeats as well'),
      ],
      m: at(PROPERTIES, 'I3 one posting'),
    },
    guards: [
      { kind: 'mutant', name: 'posting-not-idempotent', why: 'each delivery posts again' },
      {
        kind: 'text',
        file: 'src/adapters/d1-ledger.ts',
        find: 'due.attempt}`\n    const { amountMinor',
        replace: 'due.attempt}_`.concat(crypto.randomUUID())\n    const { amountMinor',
        why: 'what the queue repeats is posted again',
        seenIn: DELIVERIES,
      },
    ],
  },
  {
    id: 'T43',
    when: 'the queue gives up, and its dead letters pass away',
    must: 'they were copied before; a replay has an id that nobody has used, and is done once',
    layers: {
      s: at(SIMULATED, 'T43: the queue gives up; what it gave up on is copied, and replayed by people'),
      w: [
        ...at(WATCH, 'T43: a success that the queue loses is asked about, and one that arrives is not'),
        ...at(
          DEAD_LETTERS,
          'T43: copies the dead message, to the byte, once, and people are told once',
          'T43: copies what no failure callback told, page by page, before it passes away',
          'T43: goes on where it stopped, and round again from the beginning',
          'T43: people are told when no pass has come to its end for a day',
          'T43: a replay is a new message with the same body, and fulfils the payment once',
          'T43: an id is not used again, not even when it is not known what became of it',
          'T43: a replay that dies is a letter of its own, which says what it was a replay of',
        ),
        ...at(
          DEAD_LETTERS_E2E,
          'T43: what the queue gives up on is copied at once, and a replay fulfils the payment when the queue has forgotten it',
          'T43: what no failure callback tells is found by the cron before it passes away',
        ),
      ],
    },
    guards: [
      {
        kind: 'text',
        file: 'src/consumer/copy-dead-letters.ts',
        find: '  await letters.keep(fresh, seenBy, nowMs)\n',
        replace: '',
        why: 'a dead letter is gone with the queue’s own list',
        seenIn: DEAD_LETTERS,
      },
      {
        kind: 'text',
        file: 'src/consumer/copy-dead-letters.ts',
        find: "      copied += await keepDeadLetters(letters, found, 'sweep', nowMs)\n",
        replace: '',
        why: 'a letter whose failure callback was lost passes away',
        seenIn: DEAD_LETTERS,
      },
      {
        kind: 'text',
        file: 'src/flows/replay-dead-letters.ts',
        find: "['replay', messageId, replay]",
        replace: "['replay', messageId]",
        why: 'the queue passes over a second replay',
        seenIn: DEAD_LETTERS,
      },
    ],
  },
  {
    id: 'T44',
    when: 'a message is poison',
    must: 'it is put aside at once and the others go on',
    layers: {
      w: [
        ...at(DELIVERIES, 'T44: what is no message is poison'),
        ...at(
          'test/workers/consumer/fulfilment-service.test.ts',
          'T44: one that hangs is waited for three times; then deliveries end at once, posted and told, with one try in a while',
        ),
        ...at(DEAD_LETTERS_E2E, 'T44: poison is put aside at once, and nothing waits behind it'),
      ],
    },
    guards: [
      {
        kind: 'text',
        file: 'src/consumer/routes/deliveries.ts',
        find: "new Response(why, { status: 489, headers: { 'Upstash-NonRetryable-Error': 'true' } })",
        replace: 'new Response(why, { status: 503 })',
        why: 'what no retry will mend is tried again and again',
      },
    ],
  },
  {
    id: 'T45',
    when: 'the queue’s keys rotate, its clock is off, its token is for another address or used again',
    must: 'current and next key are taken, people are told of a rotation, all else is refused; nothing is lost by a refusal',
    layers: {
      w: [
        ...at(
          DELIVERIES,
          'T45: the queue signature',
          'T45: its token is taken once; used again within its life it is refused',
          'T45: of two at once with one token one is heard',
          'T45: a delivery that failed gives its token back: nothing is lost by the refusal',
          'T45: people are told when the next key signs, and nobody when the current one does',
        ),
        ...at(
          DEAD_LETTERS_E2E,
          'T45: the queue’s keys are rotated once: deliveries go on, and people are told; twice: nothing is let in',
        ),
      ],
    },
    guards: [
      {
        kind: 'text',
        file: 'src/consumer/routes/deliveries.ts',
        find: '!usedTokens.take(jti, token.expiresAtMs, deps.nowMs())',
        replace: 'jti === signature',
        why: 'whoever has read a delivery can send it again',
      },
      {
        kind: 'text',
        file: 'src/consumer/routes/deliveries.ts',
        find: '      if (jti !== null) usedTokens.giveBack(jti)\n',
        replace: '',
        why: 'a delivery that failed is refused when it comes again',
      },
      {
        kind: 'text',
        file: 'src/adapters/qstash-verify.ts',
        find: "    ['next', receiverWith(settings.nextSigningKey)],\n",
        replace: '',
        why: 'a rotation of keys shuts the queue out',
      },
      {
        kind: 'text',
        file: 'src/adapters/qstash-verify.ts',
        find: 'body, url, clockTolerance',
        replace: 'body, clockTolerance',
        why: 'a token for another address will do',
      },
    ],
  },
]
