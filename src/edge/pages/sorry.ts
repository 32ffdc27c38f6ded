import { html } from 'hono/html'
import type { Page } from './layout.ts'
import type { Messages } from './messages/messages.ts'

/** Pages of which nothing is known but the language. `address` is ours: where to look again. */
const sorry = (status: Page['status'], title: string, heading: string, text?: string, link?: Link): Page => ({
  title,
  status,
  content: html`<h1>${heading}</h1>
${text === undefined ? '' : html`<p>${text}</p>`}
${link === undefined ? '' : html`<a class="button" href="${link.address}">${link.label}</a>`}`,
})

interface Link {
  readonly address: string
  readonly label: string
}

export const notFoundPage = ({ sorry: words }: Messages): Page =>
  sorry(404, words.notFoundTitle, words.notFound, words.notFoundText)

export const unavailablePage = ({ sorry: words, waiting }: Messages, address: string): Page =>
  sorry(503, words.againTitle, words.unavailable, words.unavailableText, { address, label: waiting.again })

/** Too many payments at once. Nothing was stored or sent. */
export const busyPage = ({ sorry: words }: Messages, address: string): Page =>
  sorry(429, words.againTitle, words.busy, words.busyText, { address, label: words.back })

export const unreadableFormPage = ({ sorry: words }: Messages, address: string, status: 413 | 415): Page =>
  sorry(status, words.againTitle, words.unreadable, undefined, { address, label: words.back })

/** Another site's page posted this. */
export const foreignFormPage = ({ sorry: words }: Messages, address: string): Page =>
  sorry(403, words.againTitle, words.foreign, words.foreignText, { address, label: words.back })
