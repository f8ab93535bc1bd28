import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { mkdir, open, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'

const keyBytes = 32
const nonceBytes = 12
const tagBytes = 16

/** What a sealed text is for. One made for something else does not open. */
export type Purpose = 'totp' | 'challenge' | 'sign-in' | 'device'

/** Keeps secrets in the store and lets browsers carry what they must not read or change: AES-256-GCM. */
export class Sealer {
  readonly #key: Buffer

  constructor(key: Buffer) {
    if (key.length !== keyBytes) throw new Error(`a key of ${keyBytes} bytes, not of ${key.length}`)
    this.#key = key
  }

  /** `about` has to be the same when it is opened: a secret cannot be moved to another account. */
  seal(purpose: Purpose, about: string, text: string): string {
    const nonce = randomBytes(nonceBytes)
    const cipher = createCipheriv('aes-256-gcm', this.#keyFor(purpose), nonce)
    cipher.setAAD(Buffer.from(about))
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url')
  }

  /** `undefined` for what we did not seal, or not for this. */
  open(purpose: Purpose, about: string, sealed: string): string | undefined {
    const bytes = Buffer.from(sealed, 'base64url')
    if (bytes.length < nonceBytes + tagBytes) return undefined
    const decipher = createDecipheriv('aes-256-gcm', this.#keyFor(purpose), bytes.subarray(0, nonceBytes))
    decipher.setAAD(Buffer.from(about))
    decipher.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes))
    try {
      return (
        decipher.update(bytes.subarray(nonceBytes + tagBytes), undefined, 'utf8') + decipher.final('utf8')
      )
    } catch {
      return undefined // the only thing that can go wrong: it was not sealed by this key for this
    }
  }

  #keyFor(purpose: Purpose): Buffer {
    return Buffer.from(hkdfSync('sha256', this.#key, '', `users/${purpose}`, keyBytes))
  }
}

/** The key of this installation, made at the first start. Lost, every second factor has to be set up anew. */
export async function openSealer(file: string): Promise<Sealer> {
  const known = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (known !== undefined) {
    if (known.length !== keyBytes) throw new Error(`${file} is not a key of ${keyBytes} bytes`)
    return new Sealer(known)
  }
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  const key = randomBytes(keyBytes)
  const handle = await open(file, 'wx', 0o600)
  try {
    await handle.writeFile(key)
    await handle.sync()
  } finally {
    await handle.close()
  }
  return new Sealer(key)
}
