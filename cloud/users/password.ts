import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

const derive = promisify(argon2)

/** OWASP Password Storage Cheat Sheet: argon2id with 19 MiB, two passes, one lane. */
const cost = { memoryKiB: 19_456, passes: 2, lanes: 1 } as const
const tagLength = 32
const version = 0x13

type Phc = { memoryKiB: number; passes: number; lanes: number; salt: Buffer; tag: Buffer }

/** A PHC string with a fresh salt: `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<tag>`. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  const tag = await tagOf(password, { ...cost, salt, tagLength })
  const parameters = `m=${cost.memoryKiB},t=${cost.passes},p=${cost.lanes}`
  return `$argon2id$v=${version}$${parameters}$${base64(salt)}$${base64(tag)}`
}

/** The stored string says which cost it was made with, so that old hashes stay valid when the cost is raised. */
export async function verifyPassword(password: string, stored: string): Promise<boolean> {
  const phc = parsePhc(stored)
  if (phc === undefined) return false
  const { tag, ...parameters } = phc
  return timingSafeEqual(await tagOf(password, { ...parameters, tagLength: tag.length }), tag)
}

async function tagOf(
  password: string,
  { memoryKiB, passes, lanes, salt, tagLength }: Omit<Phc, 'tag'> & { tagLength: number },
): Promise<Buffer> {
  // NFKC: the same characters typed on another keyboard or phone give the same bytes.
  const message = Buffer.from(password.normalize('NFKC'))
  return derive('argon2id', {
    message,
    nonce: salt,
    memory: memoryKiB,
    passes,
    parallelism: lanes,
    tagLength,
  })
}

function parsePhc(text: string): Phc | undefined {
  const match = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$([\w+/]+)\$([\w+/]+)$/.exec(text)
  if (match === null) return undefined
  const [, memory, passes, lanes, salt = '', tag = ''] = match
  return {
    memoryKiB: Number(memory),
    passes: Number(passes),
    lanes: Number(lanes),
    salt: Buffer.from(salt, 'base64'),
    tag: Buffer.from(tag, 'base64'),
  }
}

/** PHC strings have no padding. */
function base64(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '')
}
