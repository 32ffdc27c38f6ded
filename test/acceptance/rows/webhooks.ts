import { at, type Row } from '../registry.ts'

const WORKER = 'test/workers/consumer/webhooks.test.ts'
const STACK = 'test/e2e/webhooks.test.ts'
const URLS = 'test/flows/webhook-url.test.ts'
const SCHEDULE = 'test/flows/webhook-schedule.test.ts'

/** What shops are told. */
export const WEBHOOK_ROWS: readonly Row[] = [
  {
    id: 'T46',
    when: 'a shop’s endpoint is slow, answers 301, 410 or 429, is on a private network, has no good TLS',
    must: 'as Standard Webhooks says; nothing that is not public is ever called',
    layers: {
      w: [
        ...at(
          WORKER,
          'T46: is not made for a name whose addresses are %s',
          'T46: is not made for %s',
          'T46: an endpoint that does not take it',
        ),
        ...at(URLS, 'T46: an address that a shop gives us'),
        ...at(SCHEDULE, 'T46: after a try'),
      ],
      x: at(
        STACK,
        'that sends us elsewhere is not followed, and tried again',
        'that is busy is asked again when it says',
        'that takes its time is waited for',
        'behind a network that breaks gets it all the same, under one id',
        'whose TLS is none is a failed try, and no crash',
      ),
    },
    guards: [
      {
        kind: 'text',
        file: 'src/adapters/webhook-send.ts',
        find: "redirect: 'manual'",
        replace: "redirect: 'follow'",
        why: 'a shop sends us to an address that nobody looked at',
        seenIn: WORKER,
      },
      {
        kind: 'text',
        file: 'src/flows/webhook-url.ts',
        find: "  if (hostname.startsWith('[') || ipaddr.isValid(hostname)) return err('address')\n  if (!isPublicName(hostname)) return err('name')\n",
        replace: '',
        why: 'a shop makes us call whatever it likes, our own network too',
        seenIn: URLS,
      },
      {
        kind: 'text',
        file: 'src/consumer/shop-webhooks.ts',
        find: "return addresses.every(isPublicAddress) ? ok(url) : err('not_public')",
        replace: 'return ok(url)',
        why: 'a public name leads to a private address',
        seenIn: WORKER,
      },
      {
        kind: 'text',
        file: 'src/flows/webhook-schedule.ts',
        find: "  if (status === 410) return { kind: 'disable', reason: 'gone' }\n",
        replace: '',
        why: 'who has said that it is gone is called for three days more',
        seenIn: SCHEDULE,
      },
    ],
  },
  {
    id: 'T47',
    when: 'a shop’s endpoint was disabled, and is enabled later',
    must: 'everything since can be delivered, in the order in which it happened; the merchant was told',
    layers: {
      w: [
        ...at(WORKER, 'T47: an endpoint that was disabled'),
        ...at(
          STACK,
          'T47: a shop that says 410 is told nothing more; enabled again it gets everything since, in order',
        ),
      ],
    },
    guards: [
      {
        kind: 'text',
        file: 'src/adapters/d1-events.ts',
        find: 'ON w.merchant_id = e.merchant_id AND w.mode = e.mode\n',
        replace: "ON w.merchant_id = e.merchant_id AND w.mode = e.mode AND w.status = 'enabled'\n",
        why: 'what happens while an endpoint is disabled is passed over',
        seenIn: WORKER,
      },
      {
        kind: 'text',
        file: 'src/adapters/d1-webhook-deliveries.ts',
        find: '        ...eventStatements(database, notice, note.atMs, IS_DISABLED),\n',
        replace: '',
        why: 'an endpoint is switched off, and nobody is told',
        seenIn: STACK,
      },
    ],
  },
  {
    id: 'T48',
    when: 'a shop answers 200, and could not apply what it was told',
    must: 'only `applied: true` is an acknowledgement; everything else stays to be seen as unconfirmed',
    layers: {
      w: [
        ...at(WORKER, 'T48: 200 and no more is unconfirmed; only `applied: true` is applied; both are to be seen'),
        ...at(
          STACK,
          'T48: a shop on loopback is told what was paid and what failed, signed, and says that it has applied it',
        ),
        ...at(SCHEDULE, 'T48: that it was applied is what the shop says, and nothing else'),
      ],
    },
    guards: [
      {
        kind: 'text',
        file: 'src/flows/deliver-notification.ts',
        find: "step.applied ? 'applied' : 'unconfirmed'",
        replace: "'applied'",
        why: 'a shop that took the money’s news and dropped it looks like one that delivered the goods',
        seenIn: WORKER,
      },
    ],
  },
  {
    id: 'T49',
    when: 'an event goes to three endpoints, and to one of them by hand once more',
    must: 'each endpoint and try has an id of its own in the queue; the shop sees one id',
    layers: {
      p: at(
        'test/unit/consumer/notify.test.ts',
        'T49: no two tries of whatever event, endpoint and round share an id in the queue; the same try always has the same',
      ),
      w: at(WORKER, 'T49: fan-out'),
    },
    guards: [
      {
        kind: 'text',
        file: 'src/consumer/notify.ts',
        find: 'endpointId, round, n].join',
        replace: 'endpointId, n].join',
        why: 'the queue passes over what is sent again by hand',
      },
    ],
  },
]
