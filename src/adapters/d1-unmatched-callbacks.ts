import type { Verdict } from '../contracts/vault.ts'

/** Why a verified callback could not be applied. */
export type UnmatchedReason = 'foreign_reference' | 'no_such_payment' | 'operation_not_supported'

export type KeepUnmatched = (verdict: Verdict, reason: UnmatchedReason, nowMs: number) => Promise<void>

/** Keeps it once, whatever the gateway repeats. Throws when D1 cannot. */
export const createD1UnmatchedCallbacks =
  (database: D1Database): KeepUnmatched =>
  async (verdict, reason, nowMs) => {
    await database
      .prepare(
        `INSERT INTO unmatched_callbacks (body_sha256, reason, gateway, operation, authentic, reference, outcome,
           amount_minor, currency, received_at_ms, created_at_ms)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (body_sha256) DO NOTHING`,
      )
      .bind(
        verdict.bodySha256,
        reason,
        verdict.gateway,
        verdict.operation,
        verdict.authentic,
        verdict.reference,
        verdict.outcome,
        verdict.amountMinor,
        verdict.currency,
        verdict.receivedAtMs,
        nowMs,
      )
      .run()
  }
