import type { Branding } from '../../domain/merchant.ts'
import { en } from './messages/en.ts'
import { fr } from './messages/fr.ts'
import type { Messages } from './messages/messages.ts'
import { pt } from './messages/pt.ts'
import { sw } from './messages/sw.ts'

const MESSAGES = { en, fr, sw, pt } as const satisfies Record<string, Messages>

export type Language = keyof typeof MESSAGES

export const LANGUAGES = Object.keys(MESSAGES) as readonly Language[]

/** What a shop serves, of what there is; all of it when it does not say. */
export const servedLanguages = (branding: Pick<Branding, 'languages'> | undefined): readonly Language[] => {
  const served = (branding?.languages ?? []).map((tag) => known(tag, LANGUAGES)).filter((each) => each !== undefined)
  return served.length === 0 ? LANGUAGES : [...new Set(served)]
}

export const messagesIn = (language: Language): Messages => MESSAGES[language]

const known = (tag: string, offered: readonly Language[]): Language | undefined => {
  const language = tag.trim().toLowerCase().split('-')[0]
  return offered.find((each) => each === language)
}

/** `Accept-Language` (RFC 9110 §12.5.4) as tags, the most wanted first. Those of weight 0 are not wanted. */
const wantedIn = (header: string): readonly string[] =>
  header
    .split(',')
    .slice(0, 20)
    .map((part) => {
      const [tag = '', ...parameters] = part.split(';')
      const weight = parameters.map((text) => /^\s*q=([01](?:\.\d{0,3})?)\s*$/.exec(text)?.[1]).find(Boolean)
      return { tag, weight: weight === undefined ? 1 : Number(weight) }
    })
    .filter(({ weight }) => weight > 0)
    .toSorted((a, b) => b.weight - a.weight)
    .map(({ tag }) => tag)

/**
 * The language of a page. `asked` is what the customer chose on it; then the browser's wishes, then the first that is
 * offered: the shop's own.
 */
export const chooseLanguage = (
  asked: string | undefined,
  acceptLanguage: string | undefined,
  offered: readonly Language[] = LANGUAGES,
): Language => {
  const wishes = [...(asked === undefined ? [] : [asked]), ...wantedIn(acceptLanguage ?? '')]
  return wishes.map((tag) => known(tag, offered)).find((found) => found !== undefined) ?? offered[0] ?? 'en'
}
