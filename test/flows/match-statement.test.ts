import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { csvOf } from '../../scripts/lango/ledger.ts'
import { parseStatementCsv } from '../../scripts/lango/statement-csv.ts'
import { matchStatement, type StatementEntry, type StatementLine } from '../../src/flows/match-statement.ts'

const entry = (n: number, over: Partial<StatementEntry> = {}): StatementEntry => ({
  reference: `ref-${n}`,
  amountMinor: String(1000 + n),
  feeMinor: String(10 + n),
  currency: 'ZMW',
  expected: true,
  ...over,
})
const lineOf = ({ expected, ...rest }: StatementEntry, line: number): StatementLine => ({ ...rest, line })
const linesOf = (entries: readonly StatementEntry[]): StatementLine[] =>
  entries.map((each, index) => lineOf(each, index + 1))

describe('a statement against the ledger', () => {
  it('T52: what is as the ledger has it matches, in any order, and leaves nothing', () => {
    const entries = [entry(1), entry(2), entry(3, { feeMinor: null })]
    expect(matchStatement(linesOf(entries.toReversed()), entries)).toEqual({
      matched: 3,
      feesUnbooked: 0,
      exceptions: [],
    })
    expect(matchStatement(linesOf([entry(1), entry(2), entry(3)]), entries)).toMatchObject({
      matched: 3,
      feesUnbooked: 1,
    })
  })

  it('T52: each of the four is an exception of its own kind', () => {
    const entries = [entry(1), entry(2), entry(3), entry(4), entry(5), entry(6, { expected: false })]
    const lines = linesOf([
      entry(1),
      entry(1),
      entry(2, { feeMinor: '13' }),
      entry(3, { amountMinor: '1004' }),
      entry(4, { currency: 'RWF' }),
      entry(9),
    ])
    expect(matchStatement(lines, entries)).toEqual({
      matched: 1,
      feesUnbooked: 0,
      exceptions: [
        { kind: 'repeated_line', reference: 'ref-1', line: 2, first: 1 },
        { kind: 'differs', reference: 'ref-2', line: 3, field: 'fee', stated: '13', ours: '12' },
        { kind: 'differs', reference: 'ref-3', line: 4, field: 'amount', stated: '1004', ours: '1003' },
        { kind: 'differs', reference: 'ref-4', line: 5, field: 'currency', stated: 'RWF', ours: 'ZMW' },
        { kind: 'unknown_line', reference: 'ref-9', line: 6 },
        { kind: 'missing_line', reference: 'ref-5', line: null },
      ],
    })
  })

  it('T52: what another statement stated is stated twice, and still compared', () => {
    const entries = [entry(1), entry(2), entry(3)]
    const lines = linesOf([entry(1), entry(2, { amountMinor: '7' }), entry(9), entry(1), entry(3)])
    const elsewhere = new Map(['ref-1', 'ref-2', 'ref-9'].map((reference) => [reference, `of-${reference}`]))
    expect(matchStatement(lines, entries, elsewhere)).toEqual({
      matched: 1,
      feesUnbooked: 0,
      exceptions: [
        { kind: 'repeated_line', reference: 'ref-1', line: 1, statement: 'of-ref-1' },
        { kind: 'repeated_line', reference: 'ref-2', line: 2, statement: 'of-ref-2' },
        { kind: 'differs', reference: 'ref-2', line: 2, field: 'amount', stated: '7', ours: '1002' },
        { kind: 'repeated_line', reference: 'ref-9', line: 3, statement: 'of-ref-9' },
        { kind: 'repeated_line', reference: 'ref-1', line: 4, first: 1 },
      ],
    })
  })

  it('T52: whatever is wrong with a statement, exactly that is told, and every line is accounted for', () => {
    const faults = ['unknown', 'missing', 'repeated', 'amount', 'fee'] as const
    const picked = fc.uniqueArray(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 30 })
    fc.assert(
      fc.property(picked, fc.array(fc.option(fc.constantFrom(...faults)), { maxLength: 30 }), (numbers, chosen) => {
        const entries: StatementEntry[] = []
        const lines: StatementEntry[] = []
        const expected: string[] = []
        for (const [index, n] of numbers.entries()) {
          const fault = chosen[index] ?? null
          const own = entry(n)
          const off = (amount: string | null) => String(BigInt(amount ?? '0') + (n % 2 === 0 ? 1n : -1n))
          if (fault !== 'unknown') entries.push(own)
          if (fault === 'amount') lines.push({ ...own, amountMinor: off(own.amountMinor) })
          else if (fault === 'fee') lines.push({ ...own, feeMinor: off(own.feeMinor) })
          else if (fault !== 'missing') lines.push(own)
          if (fault === 'repeated') lines.push(own)
          if (fault)
            expected.push(`${fault === 'amount' || fault === 'fee' ? 'differs' : `${fault}_line`} ${own.reference}`)
        }
        const { matched, exceptions } = matchStatement(linesOf(lines), entries)
        expect(exceptions.map(({ kind, reference }) => `${kind} ${reference}`).toSorted()).toEqual(expected.toSorted())
        expect(matched + exceptions.filter(({ line }) => line !== null).length).toBe(lines.length)
      }),
    )
  })
})

describe('a statement as CSV', () => {
  it('is read by its header, with or without a fee', () => {
    expect(parseStatementCsv('\uFEFFreference,amount,fee,currency\r\na,15.50,0.23,ZMW\r\nb, 2 ,,RWF\r\n')).toEqual([
      { reference: 'a', amount: '15.50', fee: '0.23', currency: 'ZMW' },
      { reference: 'b', amount: '2', fee: null, currency: 'RWF' },
    ])
    expect(parseStatementCsv('currency,fee,amount,reference,date\nZMW,,1,a,today')).toEqual([
      { reference: 'a', amount: '1', fee: null, currency: 'ZMW' },
    ])
  })

  it.each([
    ['a,b\n', 'header'],
    ['reference,amount,fee,currency\na,1,2', 'line 2: 3 fields instead of 4'],
    ['reference,amount,fee,currency\na,1,2,ZMW\n"b",1,2,ZMW', 'line 3: quotes'],
    ['reference,amount,fee,currency\n,1,2,ZMW', 'line 2: no reference'],
  ])('%j is refused: %s', (text, why) => {
    expect(() => parseStatementCsv(text)).toThrow(why)
  })
})

it('an export has a line for each posting, and no cell that a spreadsheet would run', () => {
  const text = csvOf(
    [
      {
        number: 1,
        id: 'dep_1',
        kind: 'deposit',
        occurredAt: 'o',
        createdAt: 'c',
        mode: 'live',
        merchantId: null,
        gateway: 'pawapay',
        reference: '=1+1',
        paymentId: 'p',
        attempt: 1,
        note: 'a, "b"\nc',
        digest: null,
        postings: [
          { direction: 'debit', account: 'x', amount: '1.00', currency: 'ZMW' },
          { direction: 'credit', account: 'y', amount: '1.00', currency: 'ZMW' },
        ],
      },
    ],
    true,
  )
  expect(text.split('\r\n')).toEqual([
    'number,id,kind,occurredAt,createdAt,mode,merchantId,gateway,reference,paymentId,attempt,note,digest,direction,account,amount,currency',
    `1,dep_1,deposit,o,c,live,,pawapay,'=1+1,p,1,"a, ""b""\nc",,debit,x,1.00,ZMW`,
    `1,dep_1,deposit,o,c,live,,pawapay,'=1+1,p,1,"a, ""b""\nc",,credit,y,1.00,ZMW`,
    '',
  ])
})
