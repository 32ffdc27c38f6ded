/**
 * Whether a form was sent from a page of ours. `Sec-Fetch-Site` and `Origin` are written by the browser and out of a page's
 * reach (Fetch standard, "forbidden request-header"); one that sends neither is old, and carries no cookie of ours that
 * another site could make use of.
 */
export const isOwnForm = (request: Request, publicOrigin: string): boolean => {
  const site = request.headers.get('Sec-Fetch-Site')
  if (site !== null) return site === 'same-origin'
  const origin = request.headers.get('Origin')
  return origin === null || origin === publicOrigin || origin === new URL(request.url).origin
}
