import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { tempFolder } from '../tests/support/temp-folder.ts'
import { isToken, loadCloudConfig } from './load-cloud-config.ts'

const example = fileURLToPath(new URL('./cloud.example.yaml', import.meta.url))
const token = 'a-token-of-more-than-16-characters'

test('the example file is valid once its token is there, and is what the defaults are', async () => {
  await using folder = await tempFolder()
  await copyFile(example, folder.file('cloud.yaml'))
  await mkdir(folder.file('tokens'))
  await writeFile(folder.file('tokens/school-a'), `${token}\n`)
  const loaded = await loadCloudConfig(folder.file('cloud.yaml'), {})
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
  expect(loaded.value.config.data).toBe(folder.file('data'))
  expect(isToken(token, loaded.value.tokenHashes.get('school-a'))).toBe(true)

  await writeFile(folder.file('empty.yaml'), '')
  const empty = await loadCloudConfig(folder.file('empty.yaml'), {})
  if (!empty.ok) throw new Error(JSON.stringify(empty.problems))
  const { gateways: _, campuses: __, tls: ___, ...defaults } = empty.value.config
  expect(loaded.value.config).toMatchObject(defaults)
})

test('every mistake is named at once with its line', async () => {
  await using folder = await tempFolder()
  await writeFile(folder.file('short'), 'secret')
  await writeFile(folder.file('good'), token)
  const lines = [
    'http: { port: 80800, certFile: x }',
    'retention: { telemetry: 400 days }',
    'gateways:',
    '  - { id: School_A, tokenFile: good }',
  ]
  await writeFile(folder.file('cloud.yaml'), lines.join('\n'))
  const shape = await loadCloudConfig(folder.file('cloud.yaml'), {})
  expect(shape.ok ? [] : shape.problems.map(({ path, line }) => `${line} ${path}`)).toEqual([
    '1 http.port',
    '1 http.certFile',
    '2 retention.telemetry',
    '4 gateways[0].id',
  ])

  const meaning = [
    'gateways:',
    '  - { id: school-a, tokenFile: short }',
    '  - { id: school-a, tokenFile: good }',
    '  - { id: school-b, tokenFile: nowhere }',
    'campuses:',
    '  - { id: c1, title: { en: C1 }, gateways: [school-a, school-x] }',
    '  - { id: c1, title: { en: C2 }, gateways: [school-a] }',
    'tls: { certFile: missing.pem }',
    'retention: { audit: 179d }',
    'sessions: { lifetime: 8h }',
    'signIn:',
    '  oidc:',
    '    - id: city',
    '      title: {}',
    '      issuer: http://id.example',
    '      clientId: campus',
    '      clientSecretFile: nowhere',
    '      rules: [{ claim: groups, matches: "(", role: guard }]',
  ]
  await writeFile(folder.file('cloud.yaml'), meaning.join('\n'))
  const loaded = await loadCloudConfig(folder.file('cloud.yaml'), {})
  expect(loaded.ok ? [] : loaded.problems.map(({ line, path }) => `${line} ${path}`)).toEqual([
    '2 gateways[0].tokenFile',
    '3 gateways[1].id',
    '4 gateways[2].tokenFile',
    '6 campuses[0].gateways[1]',
    '7 campuses[1].id',
    '7 campuses[1].gateways[0]',
    '8 tls.certFile',
    '8 tls',
    '9 retention.audit',
    '10 sessions.lifetime',
    '11 signIn.publicUrl',
    '15 signIn.oidc[0].issuer',
    '17 signIn.oidc[0].clientSecretFile',
    '18 signIn.oidc[0].rules[0].matches',
  ])
  expect(JSON.stringify(loaded)).not.toContain('secret')
})

test('a token fits its hash and nothing else', () => {
  expect(isToken(token, undefined)).toBe(false)
  expect(isToken('', '')).toBe(false)
  expect(isToken(token, token)).toBe(false)
})

test('what is wrong with the mail server is named, and its password comes from a file or the environment', async () => {
  await using folder = await tempFolder()
  const problemsOf = async (smtp: string) => {
    await writeFile(
      folder.file('cloud.yaml'),
      `notifications: { smtp: { host: mail, from: a@b.cn, ${smtp} } }`,
    )
    const loaded = await loadCloudConfig(folder.file('cloud.yaml'), { SMTP_PASSWORD: 'hush' })
    return loaded.ok ? loaded.value.smtp : loaded.problems.map(({ path }) => path)
  }
  expect(await problemsOf('user: campus')).toEqual(['notifications.smtp.user'])
  expect(await problemsOf('user: campus, passwordFile: nowhere')).toEqual(['notifications.smtp.passwordFile'])
  expect(await problemsOf('caFile: nowhere')).toEqual(['notifications.smtp.caFile'])
  expect(await problemsOf('security: none, user: campus, password: x')).toEqual([
    'notifications.smtp.security',
  ])
  expect(await problemsOf('port: 0, password: x')).toEqual(['notifications.smtp.port'])
  await writeFile(folder.file('secret'), 'from a file\n')
  expect(await problemsOf('user: campus, passwordFile: secret, password: x')).toEqual([
    'notifications.smtp.passwordFile',
  ])
  const login = { user: 'campus', pass: 'from a file' }
  expect(await problemsOf('user: campus, passwordFile: secret')).toMatchObject({
    port: 465,
    security: 'tls',
    login,
  })
  expect(await problemsOf(`user: campus, password: '\${SMTP_PASSWORD}'`)).toMatchObject({
    login: { pass: 'hush' },
  })
})
