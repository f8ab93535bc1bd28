/** `127.0.0.1:1883`, `[::1]:1883`: the form that URLs and people use. */
export function hostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
