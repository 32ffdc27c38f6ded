import { Client } from '@upstash/qstash'

/** It has no timeout of its own. */
export const createQstashClient = ({ url, token }: { readonly url: string; readonly token: string }): Client =>
  new Client({
    baseUrl: url,
    token,
    // Fewer sends than the default six: whoever asks has somewhere else to go, or comes again.
    retry: false,
    // A variable could otherwise swap the token for the public one.
    devMode: false,
    enableTelemetry: false,
  })
