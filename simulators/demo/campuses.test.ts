import { expect, test } from 'vitest'
import { campuses } from './campuses.ts'

const places = campuses.flatMap(({ modbus, mqtt }) => [...modbus, ...mqtt])

test('Chinese stands apart from Latin letters and digits', () => {
  const glued = places
    .flatMap(({ title, location }) => [title.zh ?? '', location.zh ?? ''])
    .filter((text) => /[A-Za-z0-9]\p{Script=Han}|\p{Script=Han}[A-Za-z0-9]/u.test(text))
  expect(glued).toEqual([])
  expect(places.map(({ title }) => title.zh)).toContain('教学楼 A 总表')
})

test('a meter has counted for years, its phases as much as the whole', () => {
  for (const { signals = {} } of places.filter(({ profile }) => profile === 'eastron.sdm630')) {
    const start = (point: string) => Object.assign({ start: 0 }, signals[point]).start
    const total = start('energy.active.import')
    const phases = ['l1', 'l2', 'l3'].map((phase) => start(`energy.active.import.${phase}`))
    expect(total).toBeGreaterThan(100_000)
    // What such a meter can show, and what a 32-bit float can tell apart.
    expect(total).toBeLessThan(1_000_000)
    expect(Math.abs(phases.reduce((sum, one) => sum + one) - total)).toBeLessThanOrEqual(3)
  }
})
