/**
 * Where a gateway with a page of its own sends the customer back to. The core takes an address only if no two readers could
 * read it differently (`rust-core/crates/vm/src/url.rs`, of which `isTaken` is the mirror), and seals the whole payment
 * otherwise; shops write addresses as browsers take them.
 */
const BYTES_MAX = 2048
/** Visible ASCII but `#` and `\`. */
const ADDRESS = /^https?:\/\/([a-z0-9.-]+|\[[0-9a-f:]{2,}\])(?::[1-9]\d{0,4})?(?:[/?][!"$-[\]-~]*)?$/
const HOST_CHARACTERS_MAX = 255

const isTaken = (text: string): boolean => {
  const host = text.length <= BYTES_MAX && URL.canParse(text) ? ADDRESS.exec(text)?.[1] : undefined
  return host !== undefined && host.length <= HOST_CHARACTERS_MAX && !/^[.-]|[.-]$|\.\./.test(host)
}

/** `host`: as the URL parser has it, with its port: in lower case and in ASCII by then. */
export const isHostTaken = (host: string): boolean => isTaken(`https://${host}/`)

/** The same place as the core takes it. The fragment is a browser's own and never sent to anybody. */
const plain = (text: string): string => {
  const url = new URL(text)
  url.hash = ''
  return url.href.replaceAll('\\', '%5C')
}

/**
 * The first candidate that the core takes: as it was written, or as a browser would send it. One that is too long or has a
 * host that the core refuses is passed over; undefined: so were all.
 */
export const resumeUrlOf = (candidates: readonly (string | undefined)[]): string | undefined => {
  for (const text of candidates) {
    if (text === undefined || !URL.canParse(text)) continue
    const taken = [text, plain(text)].find(isTaken)
    if (taken !== undefined) return taken
  }
  return undefined
}
