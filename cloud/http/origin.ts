type RequestLike = {
  readonly protocol: string
  readonly host: string
  readonly headers: { readonly origin?: string | undefined }
}

/**
 * True for our own pages and for programs, which send no `Origin`; browsers send it with every change and every socket.
 * `allowed` are further origins by name. Pure.
 */
export function isSameOrigin({ protocol, host, headers }: RequestLike, allowed: readonly string[]): boolean {
  const { origin } = headers
  return origin === undefined || origin === `${protocol}://${host}` || allowed.includes(origin)
}
