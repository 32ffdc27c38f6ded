import type { Branding } from '../../domain/merchant.ts'

/** Base64 of a picture of at most 6 KiB, so that the first view stays within its 14. */
const LOGO_CHARACTERS_MAX = 8_192
const LOGO = /^data:image\/(?:png|jpeg|webp|gif|svg\+xml);base64,[A-Za-z0-9+/]+={0,2}$/

export const logoOf = (branding: Pick<Branding, 'logo'> | undefined): string | null => {
  const logo = branding?.logo
  return logo && logo.length <= LOGO_CHARACTERS_MAX && LOGO.test(logo) ? logo : null
}

/** Relative luminance of sRGB (WCAG 2.2, definition of "relative luminance"). */
const luminance = (colour: string): number => {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/**
 * The style that puts the shop's colour behind the pay button, with the one of black and white on it that reads better: at
 * least 4.58:1, whatever the colour.
 */
export const brandStyle = (branding: Pick<Branding, 'colour'> | undefined): string => {
  const colour = branding?.colour
  if (!colour || !/^#[0-9a-f]{6}$/i.test(colour)) return ''
  const light = luminance(colour)
  const on = (light + 0.05) / 0.05 >= 1.05 / (light + 0.05) ? '#000' : '#fff'
  return `:root{--accent:${colour};--on-accent:${on}}`
}
