import { at, type Row } from '../registry.ts'

const PROPERTIES = 'rust-core/model/src/properties.rs'
const REDUCER_TESTS = 'rust-core/crates/payments/src/reducer/tests.rs'
const STATES = 'rust-core/crates/payments/tests/stored_states.rs'

/** Ledger, clocks, keys, deployments, and everything at once. */
export const OPERATION_ROWS: readonly Row[] = [
  {
    id: 'T50',
    when: 'a crash falls between a change of state and its ledger posting, or into the sealing of the ledger',
    must: 'one transaction, or a posting that may be repeated; one chain, with each entry in it once',
    layers: {
      s: at('test/acceptance/simulated.test.ts', 'T50: answers of D1 are lost, and objects die, around a posting'),
      w: [
        ...at('test/workers/consumer/deliveries.test.ts', 'T41, T50: a crash %s, then everything twice: the same end'),
        ...at(
          'test/workers/consumer/ledger-seal.test.ts',
          'T50: sealers that overlap make one chain, and each entry is in it once',
          'T50: of two that saw the same head, the second leaves nothing, not even its sums',
          'T50: a sealer that ends at "%s" leaves a chain that the next one goes on with',
          'T50: an answer that is lost after the write is no second batch',
        ),
      ],
    },
    guards: [
      {
        kind: 'text',
        file: 'src/adapters/d1-ledger-entry.ts',
        find: '         ON CONFLICT (id) DO NOTHING`',
        replace: '         `',
        why: 'a posting that is repeated after a crash fails for ever',
        seenIn: 'test/workers/consumer/deliveries.test.ts',
      },
      {
        kind: 'text',
        file: 'src/adapters/d1-ledger-seals.ts',
        find: "if (now.root === batch.root) return 'written'",
        replace: 'if (now.root === batch.root) throw error',
        why: 'a batch whose answer was lost is told to people as one that failed',
        seenIn: 'test/workers/consumer/ledger-seal.test.ts',
      },
    ],
  },
  {
    id: 'T51',
    when: 'postings are replayed, or come in another order; somebody changes, removes or swaps rows of the ledger',
    must: 'the same balances, and a chain that verifies; the row that was tampered with is named',
    layers: {
      p: at(
        'test/flows/verify-ledger.test.ts',
        'T51: replayed and shuffled, sealed whenever, archived or not: the same balances, and the chain verifies',
        'T51: one byte changed in any column of any row: the row is named',
        'T51: a row removed: it is named',
        'T51: two rows swapped: both are named, and where each belongs',
        'T51: an entry changed together with its digest is found by its batch, and alone',
        'T51: the whole chain made anew is found by a root that was written down',
        'T51: a file of an archive that was changed is named, and what it alone held',
        'T51: an entry that is gone before it was sealed is missed by its order',
      ),
      w: [
        ...at(
          'test/workers/consumer/ledger-seal.test.ts',
          'T51: an entry that is posted again, at another time, with other sides, or by several at once, stays one',
          'T51: numbers without a gap, however many write at once',
        ),
        ...at(
          'test/e2e/ledger.test.ts',
          'T51: what a running stack has written verifies, and what was tampered with is named',
        ),
      ],
    },
    guards: [
      {
        kind: 'text',
        file: 'src/domain/ledger-entry.ts',
        find: '    entry.note,\n',
        replace: '',
        why: 'a column can be changed that no digest covers',
        seenIn: 'test/flows/verify-ledger.test.ts',
      },
      {
        kind: 'text',
        file: 'src/flows/verify-ledger.ts',
        find: "      problems.push('is not what was sealed under its number')\n",
        replace: '',
        why: 'an entry can be replaced by another that is whole in itself',
        seenIn: 'test/flows/verify-ledger.test.ts',
      },
      {
        kind: 'text',
        file: 'src/adapters/d1-ledger-entry.ts',
        find: 'FROM ledger_entries WHERE id = ? AND digest = ?\n',
        replace: "FROM ledger_entries WHERE id = ? AND ? <> ''\n",
        why: 'an entry that comes again with other sides adds them to the first',
        seenIn: 'test/workers/consumer/ledger-seal.test.ts',
      },
    ],
  },
  {
    id: 'T52',
    when: 'a gateway’s statement has a line that we do not know, lacks a success of ours, says one twice, or is off by one',
    must: 'an exception of its own kind for each, and none that closes itself',
    layers: {
      p: at(
        'test/flows/match-statement.test.ts',
        'T52: what is as the ledger has it matches, in any order, and leaves nothing',
        'T52: each of the four is an exception of its own kind',
        'T52: what another statement stated is stated twice, and still compared',
        'T52: whatever is wrong with a statement, exactly that is told, and every line is accounted for',
      ),
      w: at(
        'test/workers/consumer/ledger-desk.test.ts',
        'T52: keeps what did not match until a person closes it, and the same statement once',
        'T52: what one has stated, another that states it repeats; the same statement again does not',
        'T52: what was stated the day before is not missing, though we heard of it after midnight',
        'T52: two at the same time: one of them is told that the other was first',
        'T52: lists each of them, page by page, of one statement or gateway; and closes all of a statement',
      ),
    },
    guards: [
      {
        kind: 'text',
        file: 'src/flows/match-statement.ts',
        find: 'if (first !== undefined) {',
        replace: 'if (first === -1) {',
        why: 'what is stated twice is paid out twice',
        seenIn: 'test/flows/match-statement.test.ts',
      },
      {
        kind: 'text',
        file: 'src/adapters/d1-statements.ts',
        find: "includes('UNIQUE constraint failed: statement_lines')",
        replace: "includes('no such failure')",
        why: 'of two statements at the same time neither sees what the other states',
        seenIn: 'test/workers/consumer/ledger-desk.test.ts',
      },
      {
        kind: 'text',
        file: 'src/adapters/d1-statements.ts',
        find: "open ? 'IS NULL' : 'IS NOT NULL'",
        replace: "open ? 'IS NOT NULL' : 'IS NULL'",
        why: 'nobody sees what is open',
        seenIn: 'test/workers/consumer/ledger-desk.test.ts',
      },
    ],
  },
  {
    id: 'T53',
    when: 'a deployment or a migration falls in the middle of a thousand open payments',
    must: 'no invariant breaks; a state of another version is read whole or refused, never guessed',
    layers: {
      w: at('test/crash/deploy.test.ts', 'T53: '),
      p: at(
        STATES,
        't53_every_state_of_an_earlier_version_is_read_whole',
        't53_and_goes_on',
        't53_a_version_from_the_future_is_refused',
      ),
    },
    guards: [
      {
        kind: 'text',
        file: 'rust-core/crates/payments/src/reducer/state.rs',
        find: '_ => Err(de::Error::custom("a version of the state that is not known")),',
        replace: '_ => Ok(Self::V1),',
        why: 'a state that this code does not understand is guessed at, and half of it lost',
      },
    ],
  },
  {
    id: 'T54',
    when: 'an object is evicted, and a stale instance goes on',
    must: 'the attempt is written, and the write confirmed, before the send: a stale instance throws and sends nothing',
    layers: {
      w: [
        ...at(
          'test/workers/consumer/stale.test.ts',
          'T54: the attempt is written, and the write confirmed, before anything is sent',
        ),
        ...at(
          'test/workers/consumer/watch.test.ts',
          'T06, T54: gone between send and outcome: unknown after the longest call, asked, never sent again',
        ),
      ],
      m: at(PROPERTIES, 'I6 durable before sent'),
    },
    guards: [
      { kind: 'mutant', name: 'send-before-durable', why: 'money is asked for that nobody remembers' },
      {
        kind: 'text',
        file: 'src/consumer/payment-object.ts',
        find: '    await this.ctx.storage.sync()\n    const sent',
        replace: '    const sent',
        why: 'a stale instance sends before it learns that it is stale',
      },
    ],
  },
  {
    id: 'T55',
    when: 'everything has gone wrong once, and logs, messages, Redis, D1 and the disk are searched',
    must: 'no full phone number, no token, no key is in any of them, in whatever encoding; and after a customer is erased, nothing of them',
    layers: {
      p: [
        ...at('test/unit/scan/forms.test.ts', 'T55: the search finds a number'),
        ...at('test/unit/project/data-map.test.ts', 'T55: the map of personal data'),
        ...at(
          'rust-core/crates/seal/src/personal.rs',
          't55_the_hash_of_a_number_is_the_same_for_ever',
          't55_it_is_another_for_another_number_key_or_purpose',
          't55_during_a_rotation_it_is_told_under_both_keys',
        ),
      ],
      w: [
        ...at(
          'test/workers/consumer/erase.test.ts',
          'T55: a customer is erased',
          'T55: a crash in the middle, and again: the same end',
        ),
        ...at(
          'test/e2e/erase.test.ts',
          'T55: after a customer is erased no store holds them, what is open is named, and the ledger still verifies',
        ),
        ...at(
          'test/e2e/leaks.test.ts',
          'T55: after a run in which all goes wrong, nothing that was written or said holds a number, a token or a key',
        ),
        ...at(
          'test/e2e/first-payment.test.ts',
          'T55: no log line and no queue message holds a full phone number or a secret',
        ),
        ...at('test/workers/edge/logs.test.ts', 'T55: the log'),
        ...at('test/flows/edge-env.test.ts', 'T55: an error in the log'),
      ],
    },
    guards: [
      {
        kind: 'text',
        file: 'src/consumer/begin-record.ts',
        find: 'const phoneMasked = maskPhoneNumber(input.phoneNumber)',
        replace: 'const phoneMasked: string = input.phoneNumber',
        why: 'the number is on disk and in every answer',
        seenIn: 'test/e2e/leaks.test.ts',
      },
      {
        kind: 'text',
        file: 'src/edge/log.ts',
        find: "    .replace(/\\+?\\d[\\d\\s-]{6,}\\d/g, '[digits]')",
        replace: '',
        why: 'what others write into their errors is logged',
      },
      {
        kind: 'text',
        file: 'src/adapters/d1-personal-stores.ts',
        find: 'readonly PersonalStore[] => [events(database)]',
        replace: 'readonly PersonalStore[] => [events(database)].slice(1)',
        why: 'what the shop was told keeps the customer who was erased',
        seenIn: 'test/workers/consumer/erase.test.ts',
      },
      {
        kind: 'text',
        file: 'src/adapters/d1-payment-index.ts',
        find: 'FROM payments WHERE payment_id = ? AND revision = ?',
        replace: 'FROM payments WHERE payment_id = ? AND revision >= ?',
        why: 'a row that was on its way brings the hash of the erased back',
        seenIn: 'test/workers/consumer/erase.test.ts',
      },
      {
        kind: 'text',
        file: 'src/consumer/erasure.ts',
        find: '  const because = keptBecause(record, outboxEmpty)',
        replace: '  const because = null as ReturnType<typeof keptBecause>',
        why: 'a payment that is under way loses its customer',
        seenIn: 'test/workers/consumer/erase.test.ts',
      },
      {
        kind: 'text',
        file: 'rust-core/crates/seal/src/personal.rs',
        find: 'erased: self.current.hash("erased", phone_number),',
        replace: 'erased: self.current.hash("phone", phone_number),',
        why: 'the log of erasures leads to payments',
      },
    ],
  },
  {
    id: 'T56',
    when: 'a shop’s secret key is rotated while its payments are open',
    must: 'both keys are taken while both are in force, and mean the same payment; the old one is refused afterwards',
    layers: {
      w: [
        ...at(
          'test/e2e/isolates.test.ts',
          'T56: with both secret keys of a shop in force an open payment is one, and the old key ends where it is not cached',
        ),
        ...at(
          'test/flows/merchants.test.ts',
          'asks again for a known key after a minute, for an unknown one after five seconds',
        ),
      ],
    },
    guards: [
      {
        kind: 'text',
        file: 'src/adapters/d1-merchants.ts',
        find: "const GOOD = 'k.revoked_at_ms IS NULL AND (",
        replace: "const GOOD = '(",
        why: 'a key that was taken back goes on',
        seenIn: 'test/e2e/isolates.test.ts',
      },
    ],
  },
  {
    id: 'T57',
    when: 'what counts requests is away, or slow',
    must: 'repetitions are answered as ever, and the policy for new ones is written down: they are let through',
    layers: {
      w: [
        ...at('test/workers/edge/limits.test.ts', 'T57: too many new payments'),
        ...at(
          'test/flows/rate-limits.test.ts',
          'T57: limits inside the claim, on %s',
          'T10: without Redis there is no limit',
        ),
      ],
    },
    guards: [
      {
        kind: 'text',
        file: 'src/adapters/redis-scripts.ts',
        find: 'joins and 0 or ',
        replace: '',
        why: 'a repetition is refused like a new payment',
      },
    ],
  },
  {
    id: 'T58',
    when: 'clocks jump by an hour, forward or back',
    must: 'no live attempt ends early',
    layers: {
      s: at('test/acceptance/simulated.test.ts', 'T58: clocks jump'),
      p: [
        ...at(
          REDUCER_TESTS,
          't58_a_clock_that_jumps_ends_nothing_early',
          't58_one_jump_never_makes_not_found_conclusive_too_early',
        ),
        ...at('test/flows/rate-limits.test.ts', 'T58: a meter'),
      ],
    },
    guards: [
      {
        kind: 'text',
        file: 'rust-core/crates/payments/src/reducer/gateway_word.rs',
        find: 'long_enough && attempt.not_found_often_enough() ||',
        replace: 'long_enough ||',
        why: 'one jump of the clock fails an attempt that is alive',
      },
    ],
  },
  {
    id: 'T59',
    when: 'the signer traps, is given a key of another kind, or a signature in the other encoding',
    must: 'a request is refused before it is sent, as a typed error; the published vectors pass, and their forgeries do not',
    layers: {
      p: [
        ...at(
          'rust-core/crates/conformance/tests/wycheproof.rs',
          't59_ecdsa_on_p256_in_der_and_in_raw_form',
          't59_ecdsa_on_p256_under_keys_that_were_seen_before',
          't59_hmac_and_no_shortened_tag',
        ),
        ...at('rust-core/crates/httpsig/tests/keys.rs', 't59_a_key_of_another_kind_is_no_key'),
        ...at('rust-core/crates/httpsig/tests/rfc9421.rs', 'signatures_of_the_rfc'),
        ...at(
          'rust-core/crates/gateway/tests/deposit.rs',
          't59_a_deposit_request_verifies_in_both_encodings',
          't59_an_order_that_is_not_right_is_not_signed',
        ),
        ...at(
          'test/unit/core/vault-core.test.ts',
          'T59: a request is signed in %s, verifiable by another implementation',
          'T59: a trap is an error of its own',
          'T59: after a trap the next call has a new instance, opened anew',
        ),
      ],
      w: at('test/workers/vault/vault.test.ts', 'T59: whatever fails before the fetch is not_sent, and nothing leaves'),
    },
    guards: [
      {
        kind: 'text',
        file: 'rust-core/crates/httpsig/src/hmac.rs',
        find: 'hmac_sha256(key, parts).ct_eq(tag).into()',
        replace: 'hmac_sha256(key, parts).starts_with(tag)',
        why: 'a tag of one byte will do',
      },
      {
        kind: 'text',
        file: 'src/vault/vault.ts',
        find: "      return { kind: 'not_sent', code: asked.code }\n",
        replace: "        return { kind: 'unknown', reason: asked.code }\n",
        why: 'a request that never left is asked about for thirty days',
        seenIn: 'test/workers/vault/vault.test.ts',
      },
    ],
  },
  {
    id: 'T60',
    when: 'all of these faults come in any order, over a million simulated payments with fixed seeds',
    must: 'every invariant holds, and a failure prints the seed that repeats it',
    layers: {
      s: [
        ...at('test/simulation/simulation.test.ts', 'T60: the whole system in virtual time'),
        ...at('test/acceptance/simulated.test.ts', 'T60: nothing is broken and nothing is left in the air'),
      ],
    },
    guards: [
      {
        kind: 'text',
        file: 'src/consumer/told.ts',
        find: "return { type: 'sendUnknown', n, nowMs }",
        replace: "return { type: 'sendRejected', n, code: outcome.reason, nowMs }",
        why: 'the shop is told to try again, and charges a second time',
        seenIn: 'test/acceptance/simulated.test.ts',
      },
    ],
  },
  {
    id: 'T61',
    when: 'the caller is gone after a second, and the gateway answers after 45 s, or after 120 s',
    must: 'one send, whose outcome is recorded as it was given, never unknown by our own doing',
    layers: {
      s: at('test/acceptance/simulated.test.ts', 'T61: callers are gone, and calls take up to 120 s'),
      w: [
        ...at('test/e2e/first-payment.test.ts', 'T61: a caller that hangs up after 1 s changes nothing'),
        ...at(
          'test/crash/connections.test.ts',
          'T61: the caller hangs up while the gateway is slow: the call goes on, and its outcome is recorded as given',
        ),
        ...at(
          'test/crash/fail-points.test.ts',
          'T05 T06 T61: killed anywhere between the lock and the answer, a payment is made once',
        ),
        ...at('test/workers/consumer/begin.test.ts', 'T61: a caller who does not wait changes nothing'),
        ...at('test/workers/vault/vault.test.ts', 'builds, sends once with 150 s to answer, reads'),
      ],
    },
    guards: [
      {
        kind: 'text',
        file: 'src/vault/vault.ts',
        find: 'const SEND_TIMEOUT_MS = 150_000',
        replace: 'const SEND_TIMEOUT_MS = 30_000',
        seenIn: 'test/workers/vault/vault.test.ts',
        why: 'we hang up on a slow operator ourselves',
      },
      {
        kind: 'text',
        file: 'src/consumer/payment-object.ts',
        find: '    this.#sent(order, outcome)\n',
        replace: '    if (order.attempt === 0) this.#sent(order, outcome)\n',
        seenIn: 'test/workers/consumer/begin.test.ts',
        why: 'an outcome is lost with the caller who wanted it',
      },
    ],
  },
  {
    id: 'T62',
    when: 'between send and callback Redis is flushed and D1 cannot be reached',
    must: 'the callback still finds its payment, which ends paid and fulfilled',
    layers: {
      s: at('test/acceptance/simulated.test.ts', 'T62: Redis is flushed, and D1 cannot be reached'),
      w: [
        ...at('test/e2e/ambiguity.test.ts', 'T62: Redis flushed between send and callback: still fulfilled once'),
        ...at(
          'test/crash/connections.test.ts',
          'T08 T62: redis-server is killed and comes back empty while one payment is asked for forty times',
        ),
        ...at('test/workers/consumer/find-index-debt.test.ts', 'T62: with D1 away'),
      ],
    },
    guards: [
      {
        kind: 'text',
        file: 'src/consumer/payment-object.ts',
        find: 'written ? indexTold(index, row.revision) : indexPostponed(index, nowMs)',
        replace: 'indexTold(index, row.revision)',
        seenIn: 'test/workers/consumer/find-index-debt.test.ts',
        why: 'what D1 missed is never told to it',
      },
    ],
  },
  {
    id: 'T63',
    when: 'somebody holds the queue’s key or the Redis token, and writes messages or snapshots that say paid',
    must: 'nothing moves, and no answer says paid',
    layers: {
      w: [
        ...at(
          'test/e2e/forgery.test.ts',
          'T63: a hand-published queue message with a good JWT moves nothing',
          'T63: a snapshot "succeeded" written with the real Redis token is not believed',
        ),
        ...at('test/workers/edge/payments.test.ts', 'T63: a snapshot written with the real Redis token'),
        ...at(
          'test/workers/consumer/deliveries.test.ts',
          'T63: a good queue signature over a forged attestation is poison and moves nothing',
        ),
        ...at(
          'test/flows/read-payment.test.ts',
          'T63: %s is ignored',
          'T63: the seal is checked over all that is acted on',
        ),
      ],
    },
    guards: [
      {
        kind: 'text',
        file: 'src/flows/trusted-view.ts',
        find: '    if (!(await checkSeal(paymentId, sealedText(snapshot), snapshot.seal))) return null\n',
        replace: '',
        why: 'whoever writes to Redis says what is paid',
      },
      { kind: 'mutant', name: 'trusts-the-queue', why: 'whoever writes to the queue says what is paid' },
    ],
  },
  {
    id: 'T64',
    when: 'a callback’s signature is true and has expired, or the account signs none',
    must: 'a hint: one rate-limited status query decides',
    layers: {
      w: [
        ...at(
          'test/e2e/expired-signature.test.ts',
          'T64: a true signature that has expired is a hint: one question, whose answer is "not yet", and nothing is paid',
          'T64: and when the gateway, asked, says that it took the money, the payment is paid and fulfilled once',
        ),
        ...at(
          'test/e2e/hints.test.ts',
          'T64: an unsigned callback causes one question, and the answer to it fulfils the payment',
        ),
        ...at(
          'test/workers/consumer/watch.test.ts',
          'T64: causes one question, whose answer is believed',
          'a verdict that is only a hint is never applied',
        ),
      ],
    },
    guards: [
      {
        kind: 'text',
        file: 'src/consumer/payment-object.ts',
        find: "    if (verdict.authentic !== 'signed') return this.refresh(verdict.attempt ?? undefined)\n",
        replace: '',
        why: 'what anybody may have sent is believed',
      },
    ],
  },
]
