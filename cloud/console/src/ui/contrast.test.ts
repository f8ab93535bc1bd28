import { expect, test } from 'vitest'
import { type Tokens, tokens } from './tokens.ts'

function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

function contrast(a: string, b: string): number {
  const [high = 0, low = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x)
  return (high + 0.05) / (low + 0.05)
}

const words = ['text', 'muted', 'link', 'bad', 'stale', 'normal'] as const
const onShape = [
  ['p1', 'p1on'],
  ['p2', 'p2on'],
  ['p3', 'p3on'],
  ['p4', 'p4on'],
] as const

test.each(['light', 'dark'] as const)('every word and mark of the %s theme can be read', (name) => {
  const theme: Tokens = tokens[name]
  for (const background of [theme.bg, theme.panel, theme.panel2]) {
    for (const word of words)
      expect(contrast(theme[word], background), `${word} on ${background}`).toBeGreaterThan(4.5)
    expect(contrast(theme.focus, background)).toBeGreaterThan(3)
    expect(contrast(theme.line, background)).toBeGreaterThan(3)
  }
  for (const [shape, number] of onShape) expect(contrast(theme[shape], theme[number])).toBeGreaterThan(5)
  expect(contrast('#ffffff', theme.primary)).toBeGreaterThan(4.5)
})
