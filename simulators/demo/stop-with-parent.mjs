/**
 * Preloaded (`node --import`) into every child of the demo and of the system tests: when the parent is gone, however it
 * went, the IPC channel closes and the child stops as if it had been asked to. Plain JavaScript, so that a program whose
 * own code comes from the compile cache need not load the type stripper for it.
 */
const graceMs = 10_000

process.on('disconnect', () => {
  process.kill(process.pid, 'SIGTERM')
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), graceMs).unref()
})
// Listening keeps the channel, and so the process, alive: a child that has finished must still be able to end.
process.channel?.unref()
