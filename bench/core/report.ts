import { barChart } from '../../scripts/report/charts.ts'
import { heading, mark, note, page, table } from '../../scripts/report/page.ts'
import type { Percentiles } from '../rounds.ts'
import { figure, isMet, wanted } from '../targets.ts'
import { textTable } from '../text-table.ts'
import { type CoreResult, coreTargets, ed25519Of } from './core.ts'
import { CONTENDERS } from './primitives.ts'

const OPERATION_HEAD = [
  'µs, median (p99)',
  'ours',
  'bare crate',
  'WebCrypto',
  '@noble',
  '÷ bare',
  '÷ WebCrypto',
  '÷ @noble',
]
const VAULT_HEAD = ['vault.wasm, µs', 'median', 'p99']
const TARGET_HEAD = ['target', 'measured', 'wanted', '']

const both = ({ p50, p99 }: Percentiles): string => `${figure(p50)} (${figure(p99)})`

const operationRows = ({ primitives }: CoreResult): string[][] =>
  primitives.operations.map(({ operation, bytes, us, ratio }) => [
    `${operation}, ${bytes} bytes`,
    ...CONTENDERS.map((contender) => both(us[contender])),
    figure(ratio.bare),
    figure(ratio.webcrypto),
    figure(ratio.noble),
  ])

const vaultRows = ({ primitives, vault }: CoreResult): string[][] =>
  (
    [
      ['a deposit built, unsigned', vault.buildUs],
      ['a question about nothing', vault.nothingUs],
      ['a deposit built, digested and signed', vault.signedBuildUs],
      ['the whole opening, once an isolate', vault.openUs],
      ['of it: unseal', primitives.unsealUs],
      ['of that: the Ed25519 signature', ed25519Of(primitives)],
    ] as const
  ).map(([name, { p50, p99 }]) => [name, figure(p50), figure(p99)])

const targetRows = (result: CoreResult) =>
  coreTargets(result).map((target) => ({
    cells: [target.name, `${figure(target.measured)} ${target.unit}`, wanted(target)],
    met: isMet(target),
  }))

const EXPLAINED = ({ primitives }: CoreResult): string =>
  `CPU time of workerd, ${primitives.rounds} rounds in which all took turns; ratios are medians over the rounds, below 1 ours is the faster. ` +
  'Ours and the bare crate lie in one module, compiled with the profile of the core; the loop around the bare crate with opt-level 3.'

export const coreText = (result: CoreResult): string =>
  [
    textTable(OPERATION_HEAD, operationRows(result)),
    '',
    textTable(VAULT_HEAD, vaultRows(result)),
    '',
    EXPLAINED(result),
    '',
    textTable(
      TARGET_HEAD,
      targetRows(result).map(({ cells, met }) => [...cells, met ? 'reached' : 'NOT REACHED']),
    ),
  ].join('\n')

export const corePage = (result: CoreResult): string =>
  page('Lango bench: the core', [
    heading('Targets') +
      table(
        ['target', 'measured', 'wanted', 'verdict'],
        targetRows(result).map(({ cells, met }) => [...cells, mark(met, met ? 'reached' : 'not reached')]),
      ),
    heading('One operation') + table(OPERATION_HEAD, operationRows(result)) + note(EXPLAINED(result)),
    barChart({
      title: 'One operation, by who does it',
      yLabel: 'µs',
      categories: result.primitives.operations.map(({ operation }) => operation),
      series: CONTENDERS.map((contender) => ({
        name: contender,
        values: result.primitives.operations.map(({ us }) => Number(figure(us[contender].p50)) || 0),
      })),
    }),
    heading('The vault') + table(VAULT_HEAD, vaultRows(result)),
  ])
