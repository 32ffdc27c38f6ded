import { expect, it } from 'vitest'
import { ObjectDatabase } from './parts/object-database.ts'
import { ObjectTables } from './parts/object-tables.ts'

const fresh = () => {
  const database = new ObjectDatabase()
  database.exec('CREATE TABLE a (x INTEGER) STRICT; CREATE TABLE b (x INTEGER) STRICT', [])
  database.confirm()
  return database
}
const read = (database: ObjectDatabase) => database.exec('SELECT x FROM a ORDER BY x', []).map(({ x }) => x)

it('what was confirmed stays, what was not is lost', () => {
  const database = fresh()
  database.exec('INSERT INTO a VALUES (?)', [1])
  expect(database.unconfirmed).toBe(true)
  database.confirm()
  database.exec('INSERT INTO a VALUES (?)', [2])
  expect(read(database)).toEqual([1, 2])
  database.lose()
  expect(read(database)).toEqual([1])
  expect(database.unconfirmed).toBe(false)
})

it('a transaction that throws leaves nothing', () => {
  const database = fresh()
  database.exec('INSERT INTO a VALUES (?)', [1])
  expect(() =>
    database.transactionSync(() => {
      database.exec('DELETE FROM a', [])
      expect(read(database)).toEqual([])
      throw new Error('undone')
    }),
  ).toThrow('undone')
  expect(read(database)).toEqual([1])
})

it('the tables that stand in for it know the statements of the payment store, and no other', () => {
  const tables = new ObjectTables()
  tables.exec('DELETE FROM payment', [])
  expect(tables.unconfirmed).toBe(true)
  expect(() => tables.exec('DELETE FROM orders', [])).toThrow('does not know this statement')
})
