import { expect, test } from 'vitest'
import { challengeOf, digestHeader } from './digest.ts'

/** RFC 7616, section 3.9.1: the same request with both algorithms. */
const rfc = {
  credentials: { username: 'Mufasa', password: 'Circle of Life' },
  request: { method: 'GET', path: '/dir/index.html', count: 1 },
  cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
  challenge: (algorithm: string) =>
    `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`,
}

test.each([
  ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
  ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
])('the example of RFC 7616 with %s', (algorithm, response) => {
  const challenge = challengeOf([rfc.challenge(algorithm)])
  if (challenge === undefined) throw new Error('not understood')
  const header = digestHeader(challenge, rfc.credentials, rfc.request, rfc.cnonce)
  expect(header).toContain(`response="${response}"`)
  expect(header).toContain('nc=00000001')
  expect(header).toContain('opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"')
})

test('the stronger of two challenges is answered, in one header or in two', () => {
  const [md5, sha] = [rfc.challenge('MD5'), rfc.challenge('SHA-256')]
  expect(challengeOf([md5, sha])?.algorithm).toBe('SHA-256')
  expect(challengeOf([`${md5}, ${sha}`])?.algorithm).toBe('SHA-256')
})

test('without qop the short form, as old cameras have it (RFC 2069)', () => {
  const challenge = challengeOf(['Digest realm="cam",nonce="abc"'])
  expect(challenge).toMatchObject({ algorithm: 'MD5', hasQop: false })
  if (challenge === undefined) return
  const header = digestHeader(challenge, { username: 'a', password: 'b' }, { ...rfc.request, path: '/' })
  expect(header).not.toContain('cnonce')
})

test.each(['Basic realm="cam"', 'Digest realm="x"', 'Digest realm="x", nonce="y", qop="auth-int"', ''])(
  '%j cannot be answered',
  (header) => {
    expect(challengeOf([header])).toBeUndefined()
  },
)
