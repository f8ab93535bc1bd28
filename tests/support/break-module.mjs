/**
 * For one process only (`node --import`): a module of ours is broken on this machine. `CAMPUS_BREAK_FILE` names a file that says
 * how: `throw` when it is loaded, or `crash` a moment later; with anything else in it nothing is broken.
 */
import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'

registerHooks({
  load(url, context, nextLoad) {
    if (!url.endsWith('/southbound/onvif/onvif-driver.ts')) return nextLoad(url, context)
    const how = readFileSync(process.env.CAMPUS_BREAK_FILE, 'utf8').trim()
    if (how === 'throw') throw new Error('the camera protocol is broken on this machine')
    if (how === 'crash') setTimeout(() => process.exit(7), 50)
    return nextLoad(url, context)
  },
})
