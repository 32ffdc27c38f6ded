export interface CsvLine {
  readonly reference: string
  readonly amount: string
  readonly fee: string | null
  readonly currency: string
}

const HEADER = ['reference', 'amount', 'fee', 'currency']

/**
 * A statement as CSV: the header `reference,amount,fee,currency`, then a line for each deposit; amounts with a decimal point,
 * `fee` may be empty. No quotes: none of these fields needs any. Throws an error that names the line.
 */
export const parseStatementCsv = (text: string): readonly CsvLine[] => {
  const [header = '', ...lines] = text
    .replace(/^\uFEFF/, '')
    .replace(/\r\n/g, '\n')
    .replace(/\n+$/, '')
    .split('\n')
  const columns = header.split(',').map((name) => name.trim().toLowerCase())
  const places = HEADER.map((name) => columns.indexOf(name))
  if (places.includes(-1)) throw new Error(`The first line is the header: ${HEADER.join(',')}.`)
  return lines.map((line, index) => {
    const fail = (why: string): never => {
      throw new Error(`line ${index + 2}: ${why}`)
    }
    if (line.includes('"')) fail('quotes are not read')
    const cells = line.split(',').map((cell) => cell.trim())
    if (cells.length !== columns.length) fail(`${cells.length} fields instead of ${columns.length}`)
    const [reference = '', amount = '', fee = '', currency = ''] = places.map((place) => cells[place] ?? '')
    if (reference === '') fail('no reference')
    return { reference, amount, fee: fee === '' ? null : fee, currency }
  })
}
