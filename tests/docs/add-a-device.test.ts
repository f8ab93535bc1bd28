import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { Program, repository } from '../support/program.ts'
import { describeWith } from '../support/servers.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { waitFor } from '../support/wait-for.ts'

type Block = { readonly language: string; readonly note: string; readonly text: string }

function blocksOf(file: string): readonly Block[] {
  return [...readFileSync(file, 'utf8').matchAll(/^```(\w+) ?(.*)\n([\s\S]*?)^```$/gm)].map(
    ([, language = '', note = '', text = '']) => ({ language, note, text }),
  )
}

/** What a clone has, without its history; the packages are those already installed. */
function workingCopy(folder: string): void {
  const tracked = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: repository,
    encoding: 'utf8',
  })
  for (const file of tracked.stdout.split('\0').filter((name) => name !== '')) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    cpSync(join(repository, file), join(folder, file), { force: true })
  }
  cpSync(join(repository, 'cloud/console/dist'), join(folder, 'cloud/console/dist'), { recursive: true })
  symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'))
}

describeWith(['mosquitto_pub'], 'docs/add-a-device.md', () => {
  test('followed step by step, it adds a device', async () => {
    await using folder = await tempFolder()
    workingCopy(folder.path)
    await using running = new AsyncDisposableStack()
    let output = ''

    for (const { language, note, text } of blocksOf(join(repository, 'docs/add-a-device.md'))) {
      if (language === 'yaml') {
        writeFileSync(join(folder.path, note), text)
      } else if (language === 'text') {
        expect(output).toContain(text.trim())
      } else if (note === 'keeps running') {
        const command = ['-c', `cd '${folder.path}'\n${text}`]
        running.use(new Program({ name: 'a terminal', command: 'bash', args: command }))
        await waitFor(async () => {
          expect((await fetch('http://127.0.0.1:19090/health')).status).toBe(200)
        })
      } else {
        const done = spawnSync('bash', ['-ec', text], { cwd: folder.path, encoding: 'utf8' })
        output = done.stdout
        expect(done.status, `${text}\n${done.stdout}\n${done.stderr}`).toBe(0)
      }
    }
    expect(output).not.toBe('')
  })
})
