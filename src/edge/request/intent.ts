import type { FieldError } from '../../domain/errors.ts'
import { err, ok, type Result } from '../../domain/result.ts'

export const INTENT_CHARACTERS_MAX = 2048
export const COMPACT_JWS = /^[\w-]+\.[\w-]+\.[\w-]+$/

/**
 * Reads `Lango-Intent`; `null`: none was sent. What it says is the core's to judge, for the edge could be made to lie about it:
 * here it only has to look like one (two of them, joined by `, `, do not).
 */
export const readIntent = (header: string | null): Result<string | null, FieldError> => {
  const intent = header?.trim() ?? ''
  if (intent === '') return ok(null)
  if (intent.length <= INTENT_CHARACTERS_MAX && COMPACT_JWS.test(intent)) return ok(intent)
  return err({
    field: 'Lango-Intent',
    message: `Send one JWS in its compact form, three parts of base64url with points between, at most ${INTENT_CHARACTERS_MAX} characters.`,
  })
}
