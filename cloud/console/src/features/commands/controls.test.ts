import { expect, test } from 'vitest'
import type { IssuedCommand } from '#contract/api/commands.ts'
import type { Point } from '#contract/api/points.ts'
import type { WritableAs } from '#contract/catalogue.ts'
import { commandWords } from './command-words.ts'
import { type Control, controlOf } from './control-of.ts'

type Case = Partial<WritableAs> & { readonly point: Point['kind']; readonly known?: boolean }

test.each<[string, Case, Control]>([
  ['a relay', { point: 'bool' }, { kind: 'switch' }],
  [
    'a relay whose state is not known has no side',
    { point: 'bool', known: false },
    { kind: 'buttons', values: [true, false] },
  ],
  ['what can only be started', { point: 'bool', values: [true] }, { kind: 'buttons', values: [true] }],
  ['a dimmer', { point: 'num', min: 0, max: 100, step: 5 }, { kind: 'range', min: 0, max: 100, step: 5 }],
  ['a narrow range', { point: 'num', min: 0, max: 1 }, { kind: 'range', min: 0, max: 1, step: 0.01 }],
  [
    'a range too wide for a finger',
    { point: 'num', min: 0, max: 1e6, step: 1 },
    { kind: 'number', min: 0, max: 1e6, step: 1 },
  ],
  ['no range', { point: 'num' }, { kind: 'number' }],
  ['speeds', { point: 'num', values: [1, 2, 3] }, { kind: 'list', options: [1, 2, 3] }],
  ['modes', { point: 'enum', options: ['auto', 'off'] }, { kind: 'list', options: ['auto', 'off'] }],
  ['modes as pairs', { point: 'enum', values: ['auto', 'off'] }, { kind: 'list', options: ['auto', 'off'] }],
  ['free text', { point: 'text' }, { kind: 'text' }],
])('%s', (_name, { point, known = true, ...writable }, expected) => {
  expect(controlOf({ kind: point }, { risk: 'low', verified: true, ...writable }, known)).toEqual(expected)
})

type Told = Partial<Omit<IssuedCommand, 'steps'>> & { readonly steps?: IssuedCommand['state'][] }

test.each<[Told, ReturnType<typeof commandWords>]>([
  [
    { state: 'queued', waitingFor: 'gateway' },
    { tone: 'waiting', text: 'queuedGateway' },
  ],
  [
    { state: 'queued', waitingFor: 'device' },
    { tone: 'waiting', text: 'queuedDevice' },
  ],
  [{ state: 'sent' }, { tone: 'waiting', text: 'sent' }],
  [
    { state: 'done', verified: true, readBack: 1 },
    { tone: 'good', text: 'confirmed' },
  ],
  [{ state: 'done' }, { tone: 'good', text: 'written' }],
  [
    { state: 'done', verified: false, readBack: 1 },
    { tone: 'bad', text: 'notVerified' },
  ],
  [
    { state: 'done', verified: false },
    { tone: 'bad', text: 'notReadBack' },
  ],
  [{ state: 'failed' }, { tone: 'bad', text: 'failed' }],
  [
    { state: 'expired', steps: ['queued', 'expired'] },
    { tone: 'bad', text: 'expiredGateway' },
  ],
  [
    { state: 'expired', steps: ['queued', 'sent', 'queued', 'expired'] },
    { tone: 'bad', text: 'expiredDevice' },
  ],
  [
    { state: 'expired', steps: ['queued', 'sent', 'expired'] },
    { tone: 'bad', text: 'expiredSilent' },
  ],
  [{ state: 'rejected' }, { tone: 'bad', text: 'rejected' }],
])('%j is told as %j', ({ steps = [], ...fields }, expected) => {
  const command = { ...fields, steps: steps.map((state) => ({ state, at: '' })) } as unknown as IssuedCommand
  expect(commandWords(command)).toEqual(expected)
})
