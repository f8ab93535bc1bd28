import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { AuditLog } from '#cloud/audit/audit-log.ts'
import type { AuditAction } from '#contract/audit-actions.ts'
import { AppError } from '#contract/errors.ts'
import { systemClock } from '#lib/clock.ts'
import { exitWithProblems } from '#lib/exit-with-problems.ts'
import { createLogger } from '#lib/logger.ts'
import { stopWithNpm } from '#lib/stop-with-npm.ts'
import { verifyAudit } from './audit-commands.ts'
import { backUp, restore } from './backup-commands.ts'
import { startCloud } from './cloud.ts'
import { type CloudSettings, loadCloudConfig } from './load-cloud-config.ts'
import { openDatabase, stateFile } from './state/database.ts'
import { createAdmin } from './users/accounts.ts'
import { askPassword } from './users/ask-password.ts'
import { passwordProblems } from './users/password-policy.ts'
import { refused } from './users/passwords.ts'

const usage = `usage: node cloud/main.ts --config FILE [--check]
       node cloud/main.ts --config FILE --create-admin NAME [--password-file FILE]
       node cloud/main.ts --config FILE --backup FOLDER
       node cloud/main.ts --config FILE --restore FOLDER
       node cloud/main.ts --config FILE --verify-audit [--head SEQ:HASH]`
const stopWithinMs = 10_000

const options = readArguments()
const { config, check, 'create-admin': newAdmin, 'password-file': passwordFile } = options
const loaded = await loadCloudConfig(config, process.env)
if (!loaded.ok) exitWithProblems(config, loaded.problems)
else if (check) console.log(`${config}: no problems`)
else if (newAdmin !== undefined) await addAdmin(loaded.value, newAdmin, passwordFile)
else if (options.backup !== undefined) await backUp(config, loaded.value, options.backup)
else if (options.restore !== undefined) await restore(loaded.value, options.restore)
else if (options['verify-audit']) await verifyAudit(loaded.value, options.head)
else await run(loaded.value)

function readArguments() {
  try {
    const { values } = parseArgs({
      options: {
        config: { type: 'string' },
        check: { type: 'boolean', default: false },
        'create-admin': { type: 'string' },
        'password-file': { type: 'string' },
        backup: { type: 'string' },
        restore: { type: 'string' },
        'verify-audit': { type: 'boolean', default: false },
        head: { type: 'string' },
      },
    })
    if (values.config === undefined) throw new Error('--config is missing')
    return { ...values, config: values.config }
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n${usage}`)
    process.exit(2)
  }
}

async function run(settings: CloudSettings): Promise<void> {
  const log = createLogger({ name: 'cloud', level: settings.config.log.level })
  const demoPassword = process.env.CAMPUS_DEMO_PASSWORD
  process.on('uncaughtException', (err) => {
    // An unknown state is not to be continued in; the stores keep what they have acknowledged.
    log.fatal({ err }, 'unexpected error, ending')
    process.exit(1)
  })
  const password = demoPassword === undefined || demoPassword === '' ? {} : { demoPassword }
  const cloud = await startCloud(settings, { clock: systemClock, log, ...password }).catch((err: unknown) => {
    log.fatal({ err }, 'cannot start')
    process.exit(err instanceof AppError && err.code === 'CONFIG_INVALID' ? 2 : 1)
  })

  const stop = async (signal: NodeJS.Signals) => {
    log.info({ signal }, 'stopping')
    const late = setTimeout(() => {
      log.error({ stopWithinMs }, 'not stopped in time, ending')
      process.exit(1)
    }, stopWithinMs)
    await cloud[Symbol.asyncDispose]()
    clearTimeout(late)
    log.info('stopped')
    process.exit(0)
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, (name) => void stop(name))
  stopWithNpm()
}

async function addAdmin(
  settings: CloudSettings,
  name: string,
  passwordFile: string | undefined,
): Promise<void> {
  const password =
    passwordFile === undefined
      ? await askPassword()
      : (await readFile(passwordFile, 'utf8')).replace(/\r?\n$/, '')
  const { config } = settings
  const problems = passwordProblems(password, config.passwords, [name])
  if (problems.length > 0) {
    console.error(refused(problems).message)
    process.exit(2)
  }
  await using db = await openDatabase({
    path: join(config.data, stateFile),
    log: createLogger({ level: 'warn' }),
  })
  const log = new AuditLog({ db, clock: systemClock, hash: config.audit.hash })
  const audit = (action: AuditAction) => log.bySystem(action, 'cloud/main.ts --create-admin')
  try {
    await createAdmin({ db, audit }, name, password)
    console.log(`administrator ${name} created`)
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'CONFLICT') throw error
    console.error(`there is an account ${name} already`)
    process.exitCode = 2
  }
}
