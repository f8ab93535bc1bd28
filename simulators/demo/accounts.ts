import { readFile } from 'node:fs/promises'
import { type Static, Type } from 'typebox'
import { validator } from '#lib/validate.ts'

const Accounts = Type.Array(Type.Object({ username: Type.String(), password: Type.String() }))
const check = validator(Accounts)

/** The accounts as the cloud keeps them. Throws when the file is not what the cloud writes. */
export async function readAccounts(file: string): Promise<Static<typeof Accounts>> {
  const checked = check(JSON.parse(await readFile(file, 'utf8')))
  if (!checked.ok) throw new Error(`${file} is not a list of accounts`)
  return checked.value
}
