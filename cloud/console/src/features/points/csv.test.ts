import { expect, test } from 'vitest'
import { csvOf } from './csv.ts'

const header = { time: 'Time', value: 'Value', unit: 'Unit', quality: 'Quality', low: 'Min', high: 'Max' }
const options = { header, unit: 'kW', wordOf: String }
const at = Date.UTC(2026, 10, 22, 14, 41, 7, 5)

test('a line has the site time with milliseconds, the whole number, the unit and the quality', () => {
  const text = csvOf([{ t: at, value: -1.23456789, quality: 'good' }], options)
  expect(text).toBe('\ufeffTime,Value,Unit,Quality\r\n2026-11-22 22:41:07.005,-1.23456789,kW,good\r\n')
})

test('a value from a device can neither break the table nor run in the spreadsheet', () => {
  const text = csvOf([{ t: at, value: '=cmd("x"),1', quality: 'good' }], options)
  expect(text).toContain(`,"'=cmd(""x""),1",kW,good`)
})

test('no value is an empty field, buckets bring their band', () => {
  const text = csvOf([{ t: at, value: null, quality: 'bad' }], options)
  expect(text).toContain('.005,,kW,bad')
  const band = csvOf([{ t: at, value: 2, quality: 'good', low: 1, high: 3 }], options)
  expect(band).toContain('Time,Value,Min,Max,Unit,Quality')
  expect(band).toContain(',2,1,3,kW,good')
})
