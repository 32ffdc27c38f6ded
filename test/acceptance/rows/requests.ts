import { at, type Row } from '../registry.ts'

/** What reaches us from shops and customers, and Redis in front of it. */
export const REQUEST_ROWS: readonly Row[] = [
  {
    id: 'T01',
    when: 'a payment is asked for without an idempotency key',
    must: '400 as problem+json; nothing is stored anywhere and nothing sent',
    layers: {
      w: [
        ...at('test/e2e/refusals.test.ts', 'T01: a missing key is 400 missing_idempotency_key'),
        ...at('test/workers/edge/payments.test.ts', 'T01, T13: what is refused before anything happens'),
      ],
    },
    guards: [
      {
        kind: 'text',
        file: 'src/edge/routes/payments.ts',
        find: "      if (key.value === null) return fail(c, { reason: 'missing_idempotency_key' })\n",
        replace: '',
        why: 'a request that cannot be repeated safely is charged',
      },
    ],
  },
  {
    id: 'T02',
    when: 'one key and one body arrive fifty times at once, at three isolates',
    must: 'one attempt is sent; all others are told of the same payment, pending and marked as a replay',
    layers: {
      w: [
        ...at(
          'test/e2e/isolates.test.ts',
          'T02: one key and one body, 50 at once over three isolates: one send, one 201, everybody else its replay',
        ),
        ...at('test/e2e/duplicates.test.ts', 'T02: 50 equal requests at once with one key make one deposit'),
        ...at(
          'test/workers/edge/payments.test.ts',
          'T02: charges once when fifty come at once, by one key and by many',
        ),
        ...at('test/workers/consumer/begin.test.ts', 'T02: 50 at once make one attempt; one of them started it'),
      ],
      s: at('test/acceptance/simulated.test.ts', 'T02: requests are repeated because their answers are lost'),
    },
    guards: [
      {
        kind: 'text',
        file: 'src/consumer/payment-object.ts',
        find: '        const { n, reference, gateway, route } = decision\n',
        replace:
          '        const { n, reference, gateway, route } = decision\n        await new Promise((resolve) => setTimeout(resolve, 20))\n',
        why: 'between decision and write another request decides, too',
      },
    ],
  },
  {
    id: 'T03',
    when: 'a key comes again with another amount; or with the same content written in another way',
    must: 'another meaning is 422 and names the field; another spelling gets the same payment',
    layers: {
      p: [
        ...at('test/flows/fingerprint.test.ts', 'T03: the fingerprint'),
        ...at('test/unit/consumer/begin-decision.test.ts', 'T03: with other content names what differs'),
      ],
    },
    guards: [
      {
        kind: 'text',
        file: 'src/flows/fingerprint.ts',
        find: "  ['amount', input.amountMinor],",
        replace: "  ['amount', ''],",
        why: 'another amount is answered with the first payment',
      },
      {
        kind: 'text',
        file: 'src/flows/fingerprint.ts',
        find: '\n      .sort()}]`,',
        replace: '}]`,',
        why: 'the order of keys in JSON is taken for another meaning',
      },
    ],
  },
  {
    id: 'T04',
    when: 'two merchants use one key, or one merchant uses it in test and in live',
    must: 'they have nothing to do with each other',
    layers: {
      p: [
        ...at(
          'test/acceptance/keys.test.ts',
          'T04: two payments have one id when merchant, mode, kind of key and key are the same, and never otherwise',
          'T04: fingerprints of two merchants or of two modes share no value, whatever is paid for',
        ),
        ...at('test/unit/consumer/begin-decision.test.ts', 'T04: two payments are never mixed into one'),
      ],
      w: at(
        'test/workers/edge/payments.test.ts',
        'T04: the same key by another merchant, and in live, is another payment',
      ),
    },
    guards: [
      {
        kind: 'text',
        file: 'src/flows/fingerprint.ts',
        find: '[input.merchantId, input.mode, field, value]',
        replace: '[field, value]',
        why: 'a hash at one merchant tells what is paid at another',
      },
      {
        kind: 'text',
        file: 'src/consumer/begin-decision.ts',
        find: '  record.merchantId === input.merchantId &&\n',
        replace: '',
        why: 'a collision of ids mixes two merchants',
      },
    ],
  },
  {
    id: 'T05',
    when: 'the isolate dies after the attempt was written and before it was sent',
    must: 'the object finds the attempt and asks; it is expired when the gateway never heard of it, and never sent twice',
    layers: {
      s: at('test/acceptance/simulated.test.ts', 'T05: an object dies before its call has left'),
      w: at(
        'test/crash/fail-points.test.ts',
        'T05 T06 T61: killed anywhere between the lock and the answer, a payment is made once',
        'T05: every fail-point was struck',
      ),
      m: at('rust-core/model/src/properties.rs', 'ends paid, failed or in review', 'I7 no attempt beside an open one'),
    },
    guards: [
      {
        kind: 'mutant',
        name: 'no-alarm-with-the-attempt',
        why: 'nobody wakes up for an attempt whose call was never made',
      },
      { kind: 'mutant', name: 'crash-starts-another-attempt', why: 'the sweep sends beside a call that may have left' },
    ],
  },
  {
    id: 'T06',
    when: 'the isolate dies after the send, before the answer is written down',
    must: 'the attempt is unknown and asked about by its reference; nothing is created a second time',
    layers: {
      s: at('test/acceptance/simulated.test.ts', 'T06: an object dies after its call has left'),
      w: [
        ...at(
          'test/workers/consumer/watch.test.ts',
          'T06, T54: gone between send and outcome: unknown after the longest call, asked, never sent again',
        ),
        ...at(
          'test/crash/fail-points.test.ts',
          'T05 T06 T61: killed anywhere between the lock and the answer, a payment is made once',
        ),
        ...at('test/crash/connections.test.ts', 'T06: the process is killed while twenty payments are being made'),
      ],
      m: at('rust-core/model/src/properties.rs', 'I7 failed means not captured'),
    },
    guards: [
      { kind: 'mutant', name: 'crash-means-not-sent', why: 'an attempt that may have been captured counts as void' },
      {
        kind: 'text',
        file: 'src/consumer/payment-object.ts',
        find: '    await this.ctx.storage.sync()\n    const sent',
        replace: '    this.#store.forget()\n    const sent',
        why: 'the attempt is not on disk when its call leaves',
      },
    ],
  },
  {
    id: 'T07',
    when: 'the lock expires while a gateway takes 45 s, and the key comes again',
    must: 'the second request sees the attempt in flight, not a free lock',
    layers: {
      s: at('test/acceptance/simulated.test.ts', 'T07: calls outlast every lock'),
      m: at('rust-core/model/src/properties.rs', 'I7 no attempt beside an open one'),
    },
    guards: [
      { kind: 'mutant', name: 'short-lease', why: 'a second attempt starts while the first is still answering' },
      {
        kind: 'text',
        file: 'src/consumer/begin-decision.ts',
        find: 'const step = beginAttempt(decide, referenceKey, record?.state ?? null, wanted, nowMs)',
        replace: `const lapsed = record?.state.attempts.map((each) =>
    each.status !== 'succeeded' && nowMs - each.createdAtMs > 5000 ? ({ ...each, status: 'failed' } as typeof each) : each)
  const step = beginAttempt(decide, referenceKey, record && lapsed ? { ...record.state, attempts: lapsed } : null, wanted, nowMs)`,
        why: 'an open attempt counts as over after five seconds',
      },
    ],
  },
  {
    id: 'T08',
    when: 'Redis loses the lock in a failover, and two requests are inside',
    must: 'the payment object lets one of them send',
    layers: {
      s: at('test/acceptance/simulated.test.ts', 'T08: Redis loses what it had acknowledged'),
      w: [
        ...at('test/e2e/duplicates.test.ts', 'T08: the same with Redis emptied in the middle'),
        ...at(
          'test/crash/connections.test.ts',
          'T08: the lock is lost before its holder has begun: a second request comes in, one attempt is sent',
          'T08 T62: redis-server is killed and comes back empty while one payment is asked for forty times',
        ),
      ],
      m: at('rust-core/model/src/properties.rs', 'I1 one charge'),
    },
    guards: [{ kind: 'mutant', name: 'begin-while-open', why: 'only the lock stands between two charges' }],
  },
  {
    id: 'T09',
    when: 'Redis takes a claim and its answer is lost, however often',
    must: 'the request recognises its own claim: no deadlock, and no second send',
    layers: {
      w: [
        ...at(
          'test/flows/redis-payment-lock.test.ts',
          'T09: whose answer was lost is recognised as its own',
          'T09: whose answer was lost under a payment of others is not its own',
        ),
        ...at('test/flows/rate-limits.test.ts', 'T09: a claim whose answer was lost is charged once'),
        ...at('test/workers/edge/payments.test.ts', 'T09: an own claim whose answer was lost is recognised; one send'),
      ],
      x: [
        ...at(
          'test/crash/connections.test.ts',
          'T09 T11: Redis executes and its answer is lost, is reset, drips or hangs: nobody is charged twice',
        ),
        ...at('test/e2e/outages.test.ts', 'T09: a Redis answer lost after the write is recognised as our own'),
      ],
    },
    guards: [
      {
        kind: 'text',
        file: 'src/adapters/redis-scripts.ts',
        find: "  if redis.call('GET', KEYS[2]) == ARGV[1] then return {'mine', '', ''} end\n",
        replace: '',
        why: 'a request takes its own claim for somebody else’s',
      },
    ],
  },
  {
    id: 'T10',
    when: 'Redis is down',
    must: 'payments stay correct; nearly all are accepted, none much slower',
    layers: {
      x: [
        ...at('test/e2e/outages.test.ts', 'T10: with Redis stopped payments go on, correct'),
        ...at(
          'test/e2e/flapping-redis.test.ts',
          'T10, T08, T09, T11: with a Redis that lies, forgets and flaps every payment is taken, and each once',
          'T10: a Redis that stays away costs an isolate three claims, and then one try in each pause',
        ),
      ],
      w: [
        ...at('test/workers/edge/payments.test.ts', 'T10: with Redis down every payment is taken, once'),
        ...at('test/flows/redis-payment-lock.test.ts', 'T10: a Redis that is down'),
        ...at('test/flows/start-payment.test.ts', 'T10: nothing, being down'),
      ],
    },
    guards: [
      {
        kind: 'text',
        file: 'src/flows/start-payment.ts',
        find: '  const known = await fromSnapshot(ports, claimed, input)\n',
        replace:
          "  if (claimed.kind === 'unavailable') return err({ reason: 'unavailable', part: 'payments' })\n  const known = await fromSnapshot(ports, claimed, input)\n",
        why: 'no Redis, no payments',
      },
    ],
  },
  {
    id: 'T11',
    when: 'a call to Redis times out, where the SDK would say "null"',
    must: 'that is no answer: neither a free key nor a taken one',
    layers: {
      w: [
        ...at(
          'test/flows/redis-payment-lock.test.ts',
          'T11: that takes too long is no answer, and never read as a free key',
        ),
        ...at(
          'test/workers/edge/payments.test.ts',
          'T11: a claim that hangs is not read as free or taken: the object decides',
        ),
      ],
    },
    guards: [
      {
        kind: 'text',
        file: 'src/adapters/redis-payment-lock.ts',
        find: "    default:\n      return { kind: 'unavailable' }",
        replace: "    default:\n      return { kind: 'first' }",
        why: 'silence is read as a free key',
      },
    ],
  },
  {
    id: 'T12',
    when: 'a key comes again after a day, after a month, and after its record was pruned',
    must: 'the invoice itself answers with its payment; there is no second charge',
    layers: {
      s: at('test/acceptance/simulated.test.ts', 'T12: a key comes back after a day, and after its record was pruned'),
      w: at(
        'test/e2e/forgetful-redis.test.ts',
        'T12: a key that comes again after a day, after 31 days, and when Redis has forgotten it, charges nobody again',
        'T12: a refusal is told again after 31 days, as the refusal that it was, by the object',
      ),
      p: [
        ...at('test/unit/core/decide.test.ts', 'T12: are the same for ever, as another program computes them'),
        ...at('rust-core/crates/payments/src/reference.rs', 't12_a_payment_and_its_references_are_the_same_for_ever'),
        ...at('rust-core/crates/payments/src/reducer/tests.rs', 'begin_is_refused_while_money_may_still_move'),
      ],
    },
    guards: [
      {
        kind: 'text',
        file: 'rust-core/crates/payments/src/reducer.rs',
        find: 'if state.captured().is_some() && !mutated("begin-though-paid") {',
        replace: 'if state.captured().is_some() && mutated("begin-though-paid") {',
        why: 'a paid invoice is charged again once its key is forgotten',
      },
    ],
  },
  {
    id: 'T13',
    when: 'a request is refused before anything began, then comes again, right, with the same key',
    must: 'the key is not poisoned: it goes through',
    layers: {
      p: at(
        'test/acceptance/keys.test.ts',
        'T13: after any number of refusals that began nothing, the same key with the same body goes through, once',
      ),
      w: [
        ...at('test/workers/edge/payments.test.ts', 'T13: leaves the key free for the right request'),
        ...at('test/workers/edge/limits.test.ts', 'T13: the key that was refused is not poisoned'),
        ...at('test/e2e/refusals.test.ts', 'T13: after a refusal the same key is not poisoned'),
      ],
    },
    guards: [
      {
        kind: 'text',
        file: 'src/flows/start-payment.ts',
        find: "    case 'sealed':\n      ports.later(ports.lock.release(claim))\n",
        replace: "    case 'sealed':\n",
        why: 'a key that was used while the core was closed is taken for ever',
      },
    ],
  },
  {
    id: 'T14',
    when: 'a customer taps twice, in two tabs, on two devices; or pays another invoice meanwhile',
    must: 'one invoice is one running payment; another invoice is its own, and what the rail says to it is shown',
    layers: {
      w: [
        ...at(
          'test/workers/edge/checkouts.test.ts',
          'T14: two taps, a tap with another number and a second tab are one charge',
          'T14: a payment that the shop started for the invoice is the page',
        ),
        ...at('test/workers/consumer/begin.test.ts', 'T14: another key for the same invoice'),
        ...at(
          'test/workers/consumer/another-invoice.test.ts',
          'T14: another invoice of the same customer is its own payment, and what the rail says to it is told as such',
        ),
        ...at(
          'test/e2e/duplicates.test.ts',
          'T14, T15: 50 at once with other keys and other sessions for one invoice make one deposit',
        ),
      ],
    },
    guards: [
      {
        kind: 'text',
        file: 'src/consumer/begin-decision.ts',
        find: "    case 'already_open':\n",
        replace: '',
        why: 'a second tap is an error instead of the running payment',
      },
      {
        kind: 'text',
        file: 'src/consumer/failure-messages.ts',
        find: "  PAYMENT_IN_PROGRESS: 'Another payment is waiting on this phone. It can take ten minutes to clear.',\n",
        replace: '',
        why: 'a customer is told of a refusal and not of the payment that is in the way',
        seenIn: 'test/workers/consumer/another-invoice.test.ts',
      },
    ],
  },
  {
    id: 'T15',
    when: 'a shop’s own client repeats a request with a fresh key each time',
    must: 'the invoice makes one payment of them',
    layers: {
      w: [
        ...at(
          'test/e2e/isolates.test.ts',
          'T15: a shop that tries again and again, with a fresh key each time and at whichever isolate, charges once',
        ),
        ...at(
          'test/e2e/duplicates.test.ts',
          'T14, T15: 50 at once with other keys and other sessions for one invoice make one deposit',
        ),
      ],
    },
    guards: [
      {
        kind: 'text',
        file: 'src/edge/begin-payment.ts',
        find: '    allowRepeat || invoice === undefined\n',
        replace: '    true\n',
        why: 'each key is a payment of its own',
        seenIn: 'test/e2e/isolates.test.ts',
      },
    ],
  },
]
