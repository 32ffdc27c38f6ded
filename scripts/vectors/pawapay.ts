/** Two single vectors of pawaPay's signatures: a request as its documentation lays it out, and a callback that its sandbox sent. */
import type { Core } from './core.ts'
import { firstDifference, given, isObject, type Json, type Row } from './row.ts'

const ALGORITHM = 'ecdsa-p256-sha256'

export const isWorkedRequest = (file: Json): boolean =>
  isObject(file['request']) && typeof file['public_key_spki_pem'] === 'string'

export const isSignedCallback = (file: Json): boolean =>
  isObject(file['headers']) && isObject(file['public_key']) && isObject(file['expected'])

const header = (headers: unknown, name: string): string | undefined => {
  const entry = Object.entries(isObject(headers) ? headers : {}).find(([known]) => known.toLowerCase() === name)
  return typeof entry?.[1] === 'string' ? entry[1] : undefined
}

const signatureOf = (message: Json, pem: unknown, core: Core): Json =>
  core('signature', {
    message,
    target: 'request',
    label: header(message['headers'], 'signature-input')?.split('=')[0] ?? '',
    alg: ALGORITHM,
    key: { pem: { 'PUBLIC KEY': pem } },
    either_spelling: true,
  })

const bytesOf = (base64: unknown): Buffer => Buffer.from(String(base64), 'base64')

export const workedRequestRows = (file: Json): readonly Row[] => {
  const request = file['request'] as Json
  const message: Json = {
    method: request['method'],
    target_uri: request['url'],
    headers: request['headers'],
    body_utf8: request['body_utf8'],
  }
  const inRawSpelling = (): Json => {
    const field = header(request['headers'], 'signature') ?? ''
    const raw = `${field.split('=')[0]}=:${file['signature_p1363_b64']}:`
    const headers = Object.entries(request['headers'] as Json).map(([name, value]) =>
      name.toLowerCase() === 'signature' ? [name, raw] : [name, value],
    )
    return { ...message, headers: Object.fromEntries(headers) }
  }
  const verifies = (asked: Json, signature: unknown, core: Core): string | undefined => {
    const answer = signatureOf(asked, file['public_key_spki_pem'], core)
    return firstDifference([
      ['error', undefined, answer['error']],
      ...given([
        ['signature base', file['signature_base'], answer['base']],
        ['SHA-256 of the base', file['signature_base_sha256_hex'], answer['base_sha256']],
      ]),
      ['signature', signature, answer['signature_b64']],
      ['algorithm agrees', true, answer['alg_agrees']],
      ['digest', 'ok', answer['digest']],
      ['verified', true, answer['verified']],
    ])
  }
  return [
    { name: 'the request, signed in DER', check: (core) => verifies(message, file['signature_der_b64'], core) },
    { name: 'the same, signed in r‖s', check: (core) => verifies(inRawSpelling(), file['signature_p1363_b64'], core) },
    {
      name: 'both spellings are one signature',
      check: (core) => {
        const answer = core('spelling', { signature_b64: file['signature_der_b64'] })
        return firstDifference([
          ['error', undefined, answer['error']],
          ['r‖s', file['signature_p1363_b64'], answer['raw_b64']],
          ['DER', file['signature_der_b64'], answer['der_b64']],
        ])
      },
    },
    {
      name: 'the length of the body',
      check: () =>
        firstDifference(given([['bytes', request['body_bytes'], Buffer.byteLength(String(request['body_utf8']))]])),
    },
  ]
}

export const signedCallbackRows = (file: Json): readonly Row[] => {
  const expected = file['expected'] as Json
  const message: Json = {
    method: file['method'],
    target_uri: `https://${file['authority']}${file['path']}`,
    headers: file['headers'],
    body_utf8: file['body_utf8'],
    body_b64: file['body_b64'],
  }
  const hasBody = file['body_utf8'] !== undefined || file['body_b64'] !== undefined
  return [
    {
      name: 'the callback as it was sent',
      check: (core) => {
        const answer = signatureOf(message, (file['public_key'] as Json)['key'], core)
        if (typeof expected['verify'] !== 'boolean') return 'does not say whether it verifies'
        const signature = bytesOf(answer['signature_b64'])
        return firstDifference([
          ['error', undefined, answer['error']],
          ...given([
            ['signature base', file['signature_base'], answer['base']],
            ['SHA-256 of the base', expected['signature_base_sha256_hex'], answer['base_sha256']],
            ['key', (file['public_key'] as Json)['id'], answer['keyid']],
            ['first byte', expected['signature_first_byte_hex'], signature.subarray(0, 1).toString('hex')],
            ['length', expected['signature_len'], signature.length],
          ]),
          // Where the body was not published, its digest cannot be compared.
          ...(hasBody && expected['verify'] ? ([['digest', 'ok', answer['digest']]] as const) : []),
          ['verified', expected['verify'], answer['verified'] === true && answer['alg_agrees'] === true],
        ])
      },
    },
    {
      name: 'the same signature as r‖s',
      check: (core) => {
        const der = signatureOf(message, (file['public_key'] as Json)['key'], core)['signature_b64']
        const answer = core('spelling', { signature_b64: der ?? '' })
        return firstDifference(given([['r‖s', expected['signature_p1363_b64'], answer['raw_b64']]]))
      },
    },
  ]
}
