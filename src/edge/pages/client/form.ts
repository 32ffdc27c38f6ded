import { offline, said } from './page.ts'

/** As typed → digits with calling code, as well as can be told while it is not whole. */
const digitsOf = (typed: string, home: string): string => {
  const text = typed.replace(/[^\d+]/g, '')
  if (text[0] === '+') return text.slice(1)
  if (text.startsWith('00')) return text.slice(2)
  if (home === '' || (text.startsWith(home) && text.length > home.length + 4)) return text
  return home + text.replace(/^0/, '')
}

/** Shows whose number it is while it is typed: by its first digits at once, and once it is whole by the gateway's word. */
const recognise = (form: HTMLFormElement): void => {
  const phone = form.elements.namedItem('phoneNumber') as HTMLInputElement | null
  if (!phone) return
  const radios = [...form.querySelectorAll<HTMLInputElement>('[name=provider]')]
  const networks = radios.filter((radio) => radio.value !== '')
  const unknown = radios.find((radio) => radio.value === '')
  let isChosen = networks.some((radio) => radio.checked)
  let asked = ''
  let timer = 0

  const select = (found: HTMLInputElement | undefined) => {
    // What the customer chose by hand stays, whatever we think.
    const radio = found?.disabled ? unknown : (found ?? unknown)
    if (isChosen || !radio) return
    if (found && !found.checked) said.textContent = found.parentElement?.textContent ?? ''
    radio.checked = true
  }

  const judge = async (digits: string) => {
    if (asked === digits) return
    asked = digits
    try {
      const body = new URLSearchParams({ phoneNumber: phone.value })
      const answer = await fetch(form.dataset['find'] ?? '', { method: 'POST', body })
      const { provider } = await answer.json()
      if (asked === digits && provider) select(networks.find((radio) => radio.value === provider))
    } catch {
      // The first digits have said it, or the server will when the form is sent.
      asked = ''
    }
  }

  for (const radio of radios)
    radio.addEventListener('change', () => {
      isChosen = radio.value !== ''
      if (!isChosen) type()
    })
  const type = () => {
    const digits = digitsOf(phone.value, form.dataset['home'] ?? '')
    const words = (radio: HTMLInputElement, name: string) => (radio.dataset[name] ?? '').split(' ')
    select(networks.find((radio) => words(radio, 'starts').some((start) => start && digits.startsWith(start))))
    clearTimeout(timer)
    const isWhole = networks.some(
      (radio) =>
        digits.startsWith(radio.dataset['calling'] ?? '-') && words(radio, 'digits').includes(`${digits.length}`),
    )
    if (isWhole) timer = window.setTimeout(judge, 400, digits)
  }
  phone.addEventListener('input', type)
  if (phone.value) type()
}

/** One tap, one request: a second one while the first is under way does nothing. (Sent all the same, it would change nothing.) */
const once = (form: HTMLFormElement): void => {
  const button = form.querySelector('button')
  form.addEventListener('submit', (event) => {
    if (!navigator.onLine) offline.hidden = false
    if (!navigator.onLine || button?.getAttribute('aria-disabled') === 'true') return event.preventDefault()
    if (!button) return
    button.setAttribute('aria-disabled', 'true')
    setTimeout(() => {
      button.removeAttribute('aria-disabled')
    }, 20_000)
  })
}

export const wireForm = (form: HTMLFormElement): void => {
  recognise(form)
  once(form)
}
