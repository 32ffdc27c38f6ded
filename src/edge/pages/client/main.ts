/**
 * What the hosted page does in a browser beyond what its HTML does without: recognises the network while the number is typed,
 * and follows the payment without reloading. `npm run build:pages` makes ../client-script.ts of it.
 */
import { wireForm } from './form.ts'
import { tick, watch } from './watch.ts'

const wire = (): void => {
  const form = document.querySelector('form')
  if (form) wireForm(form)
}

wire()
if (document.querySelector('main[data-live]')) {
  watch(wire)
  tick()
}
// A page out of the browser's memory shows what was: the truth is asked for.
window.addEventListener('pageshow', ({ persisted }) => {
  if (persisted) location.reload()
})
