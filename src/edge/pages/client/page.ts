const byId = (id: string) => document.getElementById(id) as HTMLElement

/** Says that there is no network; hidden while there is. */
export const offline = byId('offline')
/** What a screen reader is told, without moving to it. */
export const said = byId('said')
