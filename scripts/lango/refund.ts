import type { AddCommands } from './commands.ts'

interface Listed {
  readonly n: number
  readonly reason: string
  readonly status: string
  readonly amount: string | null
  readonly currency: string
  readonly gateway: string | null
  readonly reference: string | null
  readonly transactionId: string | null
  readonly takenBack: string | null
}

/** One line for each refund. */
export const refundLines = (refunds: readonly Listed[]): readonly string[] =>
  refunds.length === 0
    ? ['Nothing of it is to be given back.']
    : refunds.map(
        ({ n, reason, status, amount, currency, gateway, reference, transactionId, takenBack }) =>
          `${n}  ${status}  ${reason}  ${amount === null ? 'amount not told' : `${amount} ${currency}`}  ${gateway ?? ''}  ${reference ?? ''}${transactionId === null ? '' : `  transaction ${transactionId}`}${takenBack === null ? '' : `  TAKEN BACK BY THE GATEWAY (${takenBack}): give nothing back`}`,
      )

export const refund: AddCommands = (program, client) => {
  const command = program.command('refund').description('what was taken twice, and that it was given back')
  command
    .command('list')
    .argument('<payment>', 'pay_…')
    .description('what of a payment is to be given back, with the reference that the gateway knows it by')
    .action(async (payment: string) => {
      const answer = await client().call('GET', `/refunds/${encodeURIComponent(payment)}`)
      for (const line of refundLines((answer as { readonly refunds: readonly Listed[] }).refunds)) console.log(line)
    })
  command
    .command('settle')
    .argument('<payment>', 'pay_…')
    .argument('<n>', 'the number that `refund list` shows')
    .requiredOption('--amount <amount>', 'what was given back at the gateway, for example 15.50')
    .requiredOption('--transaction <id>', 'the gateway’s own id of the refund')
    .description('records that people gave it back at the gateway; no money moves')
    .action(async (payment: string, n: string, options: { readonly amount: string; readonly transaction: string }) => {
      await client().call('POST', `/refunds/${encodeURIComponent(payment)}/${encodeURIComponent(n)}`, {
        amount: options.amount,
        transactionId: options.transaction,
      })
      console.log(`settled: refund ${n} of ${payment}`)
    })
}
