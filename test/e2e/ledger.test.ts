import { spawnSync } from 'node:child_process'
import { copyFileSync, globSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, it } from 'vitest'
import { order, useStack } from './fixture.ts'

const lango = useStack()

/** As a person runs it. */
const run = (script: string, ...args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], {
    encoding: 'utf8',
    env: { ...process.env, LANGO_STATE_DIR: lango.stack.stateDir },
  })
  return { status, stdout, stderr }
}
const verify = (...args: readonly string[]) => run('scripts/ledger-verify.ts', ...args)
const command = (...args: readonly string[]) => run('scripts/lango.ts', '--url', lango.stack.consumerUrl, ...args)

const paid = async (count: number): Promise<void> => {
  await Promise.all(
    Array.from({ length: count }, async () => {
      const { body } = await lango.pay(order())
      await lango.until(body.id, ({ fulfilment }) => fulfilment.status === 'fulfilled')
    }),
  )
}

it('T51: what a running stack has written verifies, and what was tampered with is named', async () => {
  await paid(5)
  await lango.stack.cron()
  const sound = verify()
  expect(sound.stdout).toMatch(/\n\d+ passed, 0 failed\n$/)
  expect(sound.status).toBe(0)
  const root = /root ([0-9a-f]{64})/.exec(sound.stdout)?.[1] ?? ''
  expect(verify('--root', root).status).toBe(0)

  // A copy: its own file, and what is not in it yet.
  const file = path.join(lango.stack.stateDir, 'copy.sqlite')
  const [source] = globSync('v3/d1/**/*.sqlite', { cwd: lango.stack.stateDir }).filter(
    (name) => !name.includes('metadata'),
  )
  const from = path.join(lango.stack.stateDir, source ?? '')
  copyFileSync(from, file)
  copyFileSync(`${from}-wal`, `${file}-wal`)
  const copy = new DatabaseSync(file)
  expect(verify(file).status).toBe(0)
  for (const { name } of copy.prepare("SELECT name FROM sqlite_master WHERE type = 'trigger'").all())
    copy.exec(`DROP TRIGGER ${String(name)}`)
  copy.exec(
    "UPDATE ledger_postings SET amount_minor = amount_minor + 1 WHERE entry_id = (SELECT id FROM ledger_entries WHERE number = 3) AND direction = 'credit'",
  )
  const dump = path.join(lango.stack.stateDir, 'copy.sql')
  const rows = copy
    .prepare(
      "SELECT sql, name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE '\\_cf%' ESCAPE '\\'",
    )
    .all()
  const quoted = (value: unknown) => (typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : String(value))
  writeFileSync(
    dump,
    [
      'PRAGMA defer_foreign_keys=TRUE;',
      ...rows.map(({ sql }) => `${String(sql)};`),
      ...rows.flatMap(({ name }) =>
        copy
          .prepare(`SELECT * FROM ${String(name)}`)
          .all()
          .map((row) => `INSERT INTO ${String(name)} VALUES (${Object.values(row).map(quoted).join(', ')});`),
      ),
      String(copy.prepare("SELECT sql FROM sqlite_master WHERE name = 'ledger_head'").get()?.['sql']),
    ].join('\n'),
  )
  copy.close()
  for (const place of [file, dump]) {
    const { status, stdout } = verify(place)
    expect(status).toBe(1)
    expect(stdout).toMatch(
      /^ledger_entries 3 \(dep_pay_[0-9a-f]+_1\): debits and credits differ by -1 ZMW; its digest is not/,
    )
    expect(stdout).toMatch(/\n\d+ passed, 1 failed\n$/)
  }
  expect(verify('--root', 'f'.repeat(64)).stdout).toMatch(/is not in the chain/)
  expect(verify('nowhere')).toMatchObject({ status: 2, stdout: '' })
})

it('a shop sees what it is owed, and people what there is: balances, export, bookings, corrections', async () => {
  const balances = async () => {
    const answer = await fetch(`${lango.stack.edgeUrl}/v1/ledger/balances`, {
      headers: { authorization: `Bearer ${lango.stack.secretKey}` },
    })
    return ((await answer.json()) as { readonly balances: unknown }).balances
  }
  expect(await balances()).toEqual([{ currency: 'ZMW', payable: '77.50', refunds: '0.00', balance: '77.50' }])
  expect(command('ledger', 'balances', '--mode', 'test').stdout).toMatch(/gateway:pawapay:clearing +ZMW +77\.50 +0\.00/)

  const at = '2026-01-01'
  const book = () =>
    command(
      ...['ledger', 'post', '--kind', 'settlement', '--gateway', 'pawapay', '--reference', 'bank 1', '--mode', 'test'],
      ...[
        '--debit',
        'bank:main:cash',
        '--credit',
        'gateway:pawapay:clearing',
        '--amount',
        '70.00',
        '--currency',
        'ZMW',
      ],
      ...['--at', at, '--note', 'by the bank'],
    )
  expect(book().stdout).toBe('settlement_pawapay_bank 1  posted\n')
  expect(book().stdout).toBe('settlement_pawapay_bank 1  known\n')
  expect(command('ledger', 'correct', 'settlement_pawapay_bank 1', '--note', 'not ours').stdout).toMatch(/posted/)
  expect(command('ledger', 'post', '--kind', 'gift').status).toBe(1)

  const csv = command('ledger', 'export', '--from', '2025-01-01', '--to', '2100-01-01', '--mode', 'test').stdout
  const lines = csv.trimEnd().split('\r\n')
  // Five deposits, a settlement and its correction, two sides each, and the header.
  expect(lines).toHaveLength(15)
  expect(lines[0]).toMatch(/^number,id,kind,/)
  expect(csv).toMatch(/,settlement,2026-01-01T00:00:00\.000Z,.*,debit,bank:main:cash,70\.00,ZMW/)
  const exported = command('ledger', 'export', '--format', 'json', '--from', at, '--to', '2026-01-02', '--mode', 'test')
  expect(JSON.parse(exported.stdout)).toMatchObject([{ kind: 'settlement', reference: 'bank 1' }])

  await lango.stack.cron()
  expect(command('ledger', 'roots').stdout).toMatch(/^\d{4}-\d\d-\d\d +\d+ +7 +[0-9a-f]{64}\n$/)
  expect(verify().stdout).toMatch(/ 0 failed\n$/)
})

it('holds a statement against the ledger', async () => {
  const references = (
    await lango.stack.database
      .prepare("SELECT reference FROM ledger_entries WHERE kind = 'deposit' ORDER BY number")
      .all<{ reference: string }>()
  ).results.map(({ reference }) => reference)
  const file = path.join(lango.stack.stateDir, 'statement.csv')
  writeFileSync(
    file,
    ['reference,amount,fee,currency', ...references.slice(1).map((each) => `${each},15.50,0.20,ZMW`), 'x,1,,ZMW'].join(
      '\n',
    ),
  )
  const imported = command(
    ...[
      'statement',
      'import',
      file,
      '--gateway',
      'pawapay',
      '--mode',
      'test',
      '--from',
      '2026-01-01',
      '--to',
      '2100-01-01',
    ],
  )
  expect(imported.stdout).toContain('line 6: x is no deposit that we know')
  expect(imported.stdout).toContain(`${references[0]} is a success of ours that the statement lacks`)
  expect(imported.stdout).toMatch(/4 fees that the ledger does not hold yet\n.*: 4 matched, 2 exceptions\n$/)
  expect(imported.status).toBe(1)
  const listed = command('statement', 'exceptions').stdout
  const [, id, position] = /^([0-9a-f]{64}) (\d+) {2}line 6/m.exec(listed) ?? []
  expect(command('statement', 'close', String(id), String(position), '--because', 'a test of theirs').status).toBe(0)
  expect(command('statement', 'exceptions').stdout).toMatch(/\n1 open exception\n$/)
  expect(command('statement', 'close', String(id), '--all', '--because', 'and so was that').stdout).toBe(
    'closed 1 exception\n',
  )
  expect(command('statement', 'exceptions', '--statement', String(id)).stdout).toBe('0 open exceptions\n')
})
