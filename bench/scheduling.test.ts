import { expect, it } from 'vitest'
import { cpusOf } from './scheduling.ts'

it('the kernel’s list of CPUs', () => {
  expect(cpusOf('0')).toEqual([0])
  expect(cpusOf('0-3,8')).toEqual([0, 1, 2, 3, 8])
  expect(cpusOf('1,4-5')).toEqual([1, 4, 5])
})
