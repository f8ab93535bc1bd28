import type { DeviceInstance } from '#gateway/profiles/device-instance.ts'
import type { Path } from '#lib/explain.ts'

/** How the gateway signs in at one camera. */
export type CameraCredentials = { readonly username: string; readonly password: string }

/** By device. Nobody but the composition root reads it, and it hands each entry to one driver alone. */
export type CameraSecrets = ReadonlyMap<string, CameraCredentials>

export type SecretReader = {
  readonly read: (path: Path, file: string) => Promise<string>
  readonly note: (path: Path, message: string) => void
}

/** A camera without a user name is asked without a login: some have none. */
export async function readCameraSecrets(
  devices: readonly DeviceInstance[],
  { read, note }: SecretReader,
): Promise<CameraSecrets> {
  const known = new Map<string, CameraCredentials>()
  for (const [index, { id, username, password, passwordFile }] of devices.entries()) {
    const path: Path = ['devices', index]
    const isAnonymous = username === undefined && password === undefined && passwordFile === undefined
    if (isAnonymous) continue
    if (username === undefined) note([...path, 'username'], 'missing; expected the user name of the password')
    else if ((password === undefined) === (passwordFile === undefined)) {
      note(path, 'expected either password or passwordFile')
    } else {
      const secret = password ?? (await read([...path, 'passwordFile'], passwordFile ?? ''))
      known.set(id, { username, password: secret })
    }
  }
  return known
}
