/**
 * `/lango.js`: turns `<button data-lango-checkout="https://pay.example.com/c/…">` into a checkout, in a small window where
 * there is room for one, else in this one (`data-lango-mode="redirect"`: always in this one). The button is told with
 * `lango-open` and `lango-close`, which bubble. That the window was closed says nothing about the payment: ask your server.
 */
const home = new URL((document.currentScript as HTMLScriptElement).src).origin

const WIDTH = 440
const HEIGHT = 760

const features = (): string => {
  const left = Math.round(screenX + (outerWidth - WIDTH) / 2)
  const top = Math.round(screenY + (outerHeight - HEIGHT) / 2)
  return `popup,width=${WIDTH},height=${HEIGHT},left=${left},top=${top}`
}

const pay = (button: HTMLElement): void => {
  const url = new URL(button.dataset['langoCheckout'] ?? '', home)
  if (url.origin !== home) {
    // Whoever can put a button on the page must not be able to send customers to a payment page of their own.
    console.error(`lango.js opens checkouts of ${home} only, not ${url.href}`)
    return
  }
  const tell = (what: string) =>
    button.dispatchEvent(new CustomEvent(`lango-${what}`, { bubbles: true, detail: { url: url.href } }))
  const here = button.dataset['langoMode'] === 'redirect' || matchMedia('(max-width:640px),(pointer:coarse)').matches
  const opened = here ? null : open(url.href, 'lango', features())
  tell('open')
  if (!opened) {
    // Also where the browser does not let us open a window.
    location.href = url.href
    return
  }
  opened.focus()
  const timer = setInterval(() => {
    if (!opened.closed) return
    clearInterval(timer)
    tell('close')
  }, 300)
}

document.addEventListener('click', (event) => {
  const button = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-lango-checkout]') : null
  if (!button || event.defaultPrevented) return
  event.preventDefault()
  pay(button)
})
