import { expect, it } from 'vitest'
import { ObjectDatabase } from './parts/object-database.ts'

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

it('a query that is remembered is forgotten as soon as anything else could be its answer', () => {
  const database = fresh()
  expect(read(database)).toEqual([])
  database.exec('INSERT INTO b VALUES (?)', [5])
  expect(read(database)).toEqual([])
  database.exec('INSERT INTO a VALUES (?)', [1])
  expect(read(database)).toEqual([1])
  database.exec('UPDATE a SET x = x + 1', [])
  expect(read(database)).toEqual([2])
  expect(() =>
    database.transactionSync(() => {
      database.exec('DELETE FROM a', [])
      expect(read(database)).toEqual([])
      throw new Error('undone')
    }),
  ).toThrow('undone')
  expect(read(database)).toEqual([2])
  database.clear()
  expect(read(database)).toEqual([])
})
