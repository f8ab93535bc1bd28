import { createPrivateKey, X509Certificate } from 'node:crypto'
import { chmod, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '#contract/errors.ts'
import type { KeyPair } from './certificates.ts'

/** A certificate and its key as files of a folder, `<name>.pem` and `<name>-key.pem`, readable by the owner only. */
export type PairPlace = {
  readonly folder: string
  readonly name: string
  /** Damaged, or one file without the other: is it made anew, or for a person to look at? What is lost with it, then. */
  readonly lossOf?: string
}

/** Undefined when there is neither file. Throws AppError CONFIG_INVALID when they are damaged and that is a loss. */
export async function readPair({ folder, name, lossOf }: PairPlace): Promise<KeyPair | undefined> {
  const files = [join(folder, `${name}.pem`), join(folder, `${name}-key.pem`)] as const
  const [cert, key] = await Promise.all(files.map(readIfThere))
  if (cert === undefined && key === undefined) return undefined
  const isWhole = cert !== undefined && key !== undefined
  if (lossOf === undefined) return isWhole ? { cert, key } : undefined
  const problem = isWhole ? pairProblem({ cert, key }) : 'its other half is missing'
  if (isWhole && problem === undefined) return { cert, key }
  throw new AppError(
    'CONFIG_INVALID',
    `tls: ${files[0]}: ${problem}. Put the right files back; without them ${lossOf}`,
  )
}

export async function keepPair({ folder, name }: PairPlace, pair: KeyPair): Promise<KeyPair> {
  // The key first: a certificate in place means that its key is there too.
  await replace(join(folder, `${name}-key.pem`), pair.key)
  await replace(join(folder, `${name}.pem`), pair.cert)
  return pair
}

export function pairProblem({ cert, key }: KeyPair): string | undefined {
  try {
    const matches = new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))
    return matches ? undefined : 'the key does not belong to the certificate'
  } catch (error) {
    return `not readable as PEM: ${error instanceof Error ? error.message : String(error)}`
  }
}

export async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw unreadable(file, cause)
  }
}

function unreadable(file: string, cause: unknown): AppError {
  return new AppError('CONFIG_INVALID', `tls: ${file} can't be read`, { cause })
}

/** Written beside and renamed, so that a crash leaves the old file or the new one. */
async function replace(file: string, content: string): Promise<void> {
  const next = `${file}.new`
  await writeFile(next, `${content}\n`, { mode: 0o600, flush: true })
  await chmod(next, 0o600)
  await rename(next, file)
}
