/** A path of the console; anything that could lead to another site is none. Pure. */
export function ownPath(path: string | undefined): string | undefined {
  return path !== undefined && /^\/(?![/\\])[^\s\\]*$/.test(path) && !path.startsWith('/api/')
    ? path
    : undefined
}
