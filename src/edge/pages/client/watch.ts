import { offline, said } from './page.ts'

const POLL_MS = 2_000
const POLL_MS_MAX = 15_000
/** The server says something every few seconds; longer silence is a proxy that holds it back, or no network. */
const SILENCE_MS = 12_000
const LOOK_MS = 15_000

const current = () => document.querySelector('main') as HTMLElement
const isLive = () => current().dataset['live'] !== undefined

let isLooking = false

/** Asks for this page again, and shows it if it is another by now. */
const look = async (shown: () => void): Promise<boolean> => {
  if (isLooking) return false
  isLooking = true
  const abort = new AbortController()
  const late = setTimeout(() => abort.abort(), LOOK_MS)
  try {
    const answer = await fetch(location.href, {
      headers: { 'If-None-Match': `"${current().dataset['tag']}"` },
      cache: 'no-store',
      signal: abort.signal,
    })
    offline.hidden = true
    // 410: the link has expired meanwhile. Anything else that is not the page is a passing trouble of ours.
    if (!answer.ok && answer.status !== 410) return false
    // Its style is the one that is here already, under a nonce that only the answer's own policy knows.
    const text = (await answer.text()).replace(/<(style)[\s\S]*?<\/\1>/, '')
    const page = new DOMParser().parseFromString(text, 'text/html')
    const main = page.querySelector('main')
    if (!main) return false
    current().replaceWith(main)
    document.title = page.title
    said.textContent = main.querySelector('h1')?.textContent ?? ''
    shown()
    return true
  } catch {
    offline.hidden = false
    return false
  } finally {
    clearTimeout(late)
    isLooking = false
  }
}

/** Follows an open payment: by the server's own word where that comes through, by asking ever more seldom where not. */
export const watch = (shown: () => void): void => {
  let pauseMs = POLL_MS
  let timer = 0
  let source: EventSource | undefined
  const again = (ms: number, then: () => void) => {
    clearTimeout(timer)
    timer = window.setTimeout(then, ms)
  }
  const end = () => {
    clearTimeout(timer)
    source?.close()
    source = undefined
  }
  const poll = async () => {
    source?.close()
    source = undefined
    await look(shown)
    if (!isLive()) return end()
    pauseMs = Math.min(pauseMs * 1.3, POLL_MS_MAX)
    again(pauseMs * (0.8 + Math.random() * 0.4), poll)
  }
  const listen = () => {
    source = new EventSource(`${location.pathname}/events${location.search}`)
    source.onmessage = async ({ data }) => {
      again(SILENCE_MS, poll)
      offline.hidden = true
      if (data !== current().dataset['tag'] && (await look(shown)) && !isLive()) end()
    }
    // A stream that ends is opened again by the browser; one that cannot be had never speaks, and silence is noticed.
    again(SILENCE_MS, poll)
  }
  const wake = () => {
    if (!isLive() || document.hidden) return
    pauseMs = POLL_MS
    void poll()
  }
  window.addEventListener('online', wake)
  window.addEventListener('offline', () => {
    if (isLive()) wake()
  })
  document.addEventListener('visibilitychange', wake)
  if ('EventSource' in window) listen()
  else void poll()
}

/** Lets the time since the start go on, in the words that the server would use. */
export const tick = (): void => {
  const loadedAt = performance.now()
  let shown = current()
  let startedAt = loadedAt
  setInterval(() => {
    const time = current().querySelector<HTMLElement>('[data-age]')
    if (!time) return
    if (shown !== current()) {
      shown = current()
      startedAt = performance.now()
    }
    const seconds = Math.floor((Number(time.dataset['age']) + performance.now() - startedAt) / 1000)
    const [unit, size] = seconds < 60 ? (['second', 1] as const) : (['minute', 60] as const)
    const { lang } = document.documentElement
    time.textContent = new Intl.NumberFormat(lang, { style: 'unit', unit, unitDisplay: 'long' }).format(
      Math.floor(seconds / size),
    )
  }, 1000)
}
