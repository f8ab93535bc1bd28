import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Static, type TSchema, Type } from 'typebox'
import { validator } from '#lib/validate.ts'
import { factsOf, type Identity } from './identity.ts'

const closed = { additionalProperties: false } as const
const IdentityFile = Type.Object(
  {
    v: Type.Literal(1),
    key: Type.String(),
    certificate: Type.String(),
    ca: Type.Optional(Type.String()),
    tokenHash: Type.String(),
  },
  closed,
)
const PendingFile = Type.Object({ v: Type.Literal(1), purpose: Type.String(), key: Type.String() }, closed)

export type StoredIdentity = {
  readonly identity: Identity | undefined
  /** A file that is there and can't be used. */
  readonly problem: string | undefined
}

/**
 * The certificate with its key, and the key of a request that may be on its way, in the folder `identity` of the data folder,
 * for the owner's eyes only. Key and certificate are one file: after a crash there is the old pair or the new one.
 */
export class IdentityStore {
  readonly #folder: string

  constructor(dataFolder: string) {
    this.#folder = join(dataFolder, 'identity')
  }

  async load(): Promise<StoredIdentity> {
    const file = join(this.#folder, 'identity.json')
    const read = await readAs(file, IdentityFile)
    if (read === undefined) return { identity: undefined, problem: undefined }
    try {
      if (typeof read === 'string') throw new Error(read)
      const { v: _, ...identity } = read
      factsOf(identity)
      return { identity, problem: undefined }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      return { identity: undefined, problem: `${file} can not be used (${reason}): enrol this gateway again` }
    }
  }

  async save(identity: Identity): Promise<void> {
    await this.#write('identity.json', { v: 1, ...identity })
  }

  /** The key that was made for this before; a request that is repeated must have the same one. */
  async pendingKey(purpose: string): Promise<string | undefined> {
    const read = await readAs(join(this.#folder, 'pending.json'), PendingFile)
    return typeof read === 'object' && read.purpose === purpose ? read.key : undefined
  }

  async savePendingKey(purpose: string, key: string): Promise<void> {
    await this.#write('pending.json', { v: 1, purpose, key })
  }

  async dropPendingKey(): Promise<void> {
    await rm(join(this.#folder, 'pending.json'), { force: true })
  }

  /** Resolves when the new content is on the disk, under its name. */
  async #write(name: string, content: object): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    const file = join(this.#folder, name)
    const next = `${file}.new`
    await rm(next, { force: true }) // the mode counts for a new file only
    {
      await using handle = await open(next, 'wx', 0o600)
      await handle.writeFile(`${JSON.stringify(content, null, 2)}\n`)
      await handle.sync()
    }
    await rename(next, file)
    await using folder = await open(this.#folder, 'r')
    await folder.sync()
  }
}

/** Undefined when there is no such file, and a text when what is in it can't be read. */
async function readAs<S extends TSchema>(file: string, schema: S): Promise<Static<S> | string | undefined> {
  let value: unknown
  try {
    value = JSON.parse(await readFile(file, 'utf8'))
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return code === 'ENOENT' ? undefined : (code ?? message)
  }
  const checked = validator(schema)(value)
  return checked.ok ? checked.value : 'its content is not what it should be'
}
