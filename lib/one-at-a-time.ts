/** Runs work in the order it comes, never two pieces at once. What fails does not hold up what follows. */
export function oneAtATime(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const done = last.then(work)
    last = done.catch(() => {}) // whoever brought it has the error
    return done
  }
}
