/** Gateway × case, to be printed: passed, failed, or skipped with a footnote that says why. */
export const createTable = (gateways: readonly string[], cases: readonly string[]) => {
  const cells = new Map<string, string>()
  const key = (gateway: string, name: string): string => `${gateway} ${name}`
  return {
    set: (gateway: string, name: string, what: string): void => {
      cells.set(key(gateway, name), what)
    },
    text: (): string => {
      const notes: string[] = []
      const noteOf = (what: string): string => {
        if (!notes.includes(what)) notes.push(what)
        return `skipped (${notes.indexOf(what) + 1})`
      }
      const cellOf = (gateway: string, name: string): string => {
        const what = cells.get(key(gateway, name)) ?? 'not run'
        return what.startsWith('skipped: ') ? noteOf(what.slice('skipped: '.length)) : what
      }
      const rows = [
        ['', ...gateways],
        ...cases.map((name) => [name, ...gateways.map((gateway) => cellOf(gateway, name))]),
      ]
      const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? []
      const lines = rows.map((row) =>
        row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd(),
      )
      return [...lines, ...notes.map((note, i) => `(${i + 1}) ${note}`)].join('\n')
    },
  }
}
