/**
 * Errors by their names in the vectors. A name of ours must be met exactly. Another author's name (E_SIGNATURE_BAD for our
 * E_SIG_INVALID) is met by failing in the check that it speaks of: refused in the wrong check is a failure all the same.
 */
const CHECK: Readonly<Record<string, string>> = {
  E_FIELD_MISSING: 'fields',
  E_TOO_LARGE: 'size',
  E_SF_DUP: 'repeats',
  E_SF_PARSE: 'syntax',
  E_SF_TYPE: 'syntax',
  E_LABEL_MISMATCH: 'labels',
  E_TAG: 'tag',
  E_PARAM_UNKNOWN: 'parameters',
  E_PARAM_TYPE: 'parameters',
  E_PARAM_MISSING: 'parameters',
  E_TIME_FUTURE: 'times',
  E_TIME_ORDER: 'times',
  E_TIME_LIFETIME: 'times',
  E_TIME_EXPIRED: 'times',
  E_TIME_STALE: 'times',
  E_KEY_UNKNOWN: 'key',
  E_KEY_PURPOSE: 'key',
  E_ALG_MISMATCH: 'algorithm',
  E_ALG_FORBIDDEN: 'algorithm',
  E_COMPONENT_UNKNOWN: 'components',
  E_COMPONENT_PARAM: 'components',
  E_COMPONENT_DUP: 'components',
  E_COMPONENT_MISSING: 'components',
  E_COMPONENT_AMBIGUOUS: 'components',
  E_COMPONENT_VALUE: 'components',
  E_COVERAGE: 'coverage',
  E_SINGLETON_DUP: 'singletons',
  E_SIG_LENGTH: 'length',
  E_SIG_INVALID: 'signature',
  E_DIGEST_ALG: 'digests',
  E_DIGEST_MISMATCH: 'digests',
  E_NONCE_REPLAY: 'nonce',
}

/** What a foreign name speaks of, by its first word that is known here. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/NONCE|REPLAY/, 'nonce'],
  [/LARGE|LIMIT|SIZE|TOO_(MANY|LONG|BIG)|OVERSIZE/, 'size'],
  [/DIGEST/, 'digests'],
  [/COVER/, 'coverage'],
  [/SINGLETON|(HEADER|FIELD)_(DUP|REPEAT|TWICE)/, 'singletons'],
  [/COMPONENT/, 'components'],
  [/(LABEL|PARAM|KEY|DICT)\w*_(DUP|REPEAT|TWICE)|^E_DUP/, 'repeats'],
  [/TAG/, 'tag'],
  [/KEY/, 'key'],
  [/ALG/, 'algorithm'],
  [/TIME|EXPIR|CREATED|FUTURE|STALE|LIFETIME/, 'times'],
  [/PARAM/, 'parameters'],
  [/LABEL/, 'labels'],
  [/MISSING|ABSENT/, 'fields'],
  [/LENGTH/, 'length'],
  [/PARSE|SYNTAX|MALFORMED|^E_SF/, 'syntax'],
  [/SIG|VERIF|INVALID/, 'signature'],
]

export const isSameRefusal = (expected: string, actual: string): boolean => {
  if (expected in CHECK) return expected === actual
  const check = WORDS.find(([word]) => word.test(expected))?.[1]
  return check !== undefined && check === CHECK[actual]
}
