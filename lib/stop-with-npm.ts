const everyMs = 500

/**
 * Call once in a program that people start through an npm script. Asked to stop by SIGTERM, npm ends the shell in between and
 * not the program, which would then run on with nobody knowing it: it notices that its parent is another one, and stops as
 * if it had got the signal itself. Does nothing when npm did not start it.
 */
export function stopWithNpm(): void {
  if (process.env.npm_lifecycle_event === undefined) return
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    process.kill(process.pid, 'SIGTERM')
  }, everyMs)
  timer.unref()
}
