import { expect, test } from 'vitest'
import { readCasAnswer } from './cas-answer.ts'

const wrapped = (inside: string, prefix = 'cas') =>
  `<?xml version="1.0"?><${prefix}:serviceResponse xmlns:${prefix}="http://www.yale.edu/tp/cas">${inside}</${prefix}:serviceResponse>`
const yes = (inside: string) => wrapped(`<cas:authenticationSuccess>${inside}</cas:authenticationSuccess>`)

test('who it is and what is known of him, whatever the prefix', () => {
  const text = yes(
    `<cas:user> wang.fang </cas:user><cas:attributes><cas:memberOf>a &amp; b</cas:memberOf>
     <cas:memberOf><![CDATA[<c>]]></cas:memberOf><cas:cn>王芳</cas:cn></cas:attributes>`,
  )
  const expected = { ok: true, user: 'wang.fang', attributes: { memberOf: ['a & b', '<c>'], cn: ['王芳'] } }
  expect(readCasAnswer(text)).toEqual(expected)
  expect(readCasAnswer(text.replaceAll('cas:', 'x:').replaceAll('xmlns:cas', 'xmlns:x'))).toEqual(expected)
})

test('a refusal says its code', () => {
  const no = wrapped(
    '<cas:authenticationFailure code="INVALID_TICKET">not recognized</cas:authenticationFailure>',
  )
  expect(readCasAnswer(no)).toEqual({ ok: false, reason: 'INVALID_TICKET' })
})

const bomb = `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>${yes('<cas:user>&b;</cas:user>')}`
test.each([
  ['entities that grow', bomb],
  [
    'a file of the server',
    `<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>${yes('<cas:user>&f;</cas:user>')}`,
  ],
  ['an entity nobody declared', yes('<cas:user>&b;</cas:user>')],
  ['too much', yes(`<cas:user>${'a'.repeat(70_000)}</cas:user>`)],
  ['nothing', ''],
  ['no XML', 'yes\nwang'],
  ['cut', yes('<cas:user>wang</cas:user>').slice(0, -5)],
  ['another namespace', yes('<cas:user>wang</cas:user>').replace('yale.edu', 'evil.example')],
  ['no user', yes('<cas:attributes/>')],
  ['an empty user', yes('<cas:user/>')],
  ['two users', yes('<cas:user>wang</cas:user><cas:user>root</cas:user>')],
  ['yes and no', wrapped('<cas:authenticationFailure code="X"/><cas:authenticationSuccess/>')],
  [
    'success elsewhere',
    wrapped(
      '<cas:other><cas:authenticationSuccess><cas:user>a</cas:user></cas:authenticationSuccess></cas:other>',
    ),
  ],
])('refused: %s', (_, text) => {
  expect(readCasAnswer(text)).toMatchObject({ ok: false })
})

test('a user inside an attribute is not the user', () => {
  const text = yes(
    '<cas:user>wang</cas:user><cas:attributes><cas:user>root</cas:user><cas:__proto__>x</cas:__proto__></cas:attributes>',
  )
  const answer = readCasAnswer(text)
  expect(answer).toMatchObject({ ok: true, user: 'wang' })
  expect(Object.prototype).not.toHaveProperty('0')
})

test('no garbage makes it throw', () => {
  let state = 11
  const random = (below: number) => {
    state = (state * 48_271) % 2_147_483_647
    return state % below
  }
  const good = yes('<cas:user>wang</cas:user><cas:attributes><cas:cn>x</cas:cn></cas:attributes>')
  for (let i = 0; i < 2_000; i++) {
    const at = random(good.length)
    const junk = '<>&"/=! \u0000]x'.charAt(random(12))
    const answer = readCasAnswer(good.slice(0, at) + junk + good.slice(at + random(4)))
    if (answer.ok) expect(answer.user.length).toBeGreaterThan(0)
  }
})
