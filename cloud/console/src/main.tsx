import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { createQueryClient } from './api/query-client.ts'
import { sessionQuery } from './api/session.ts'
import { startI18n } from './i18n/i18n.ts'
import { createLive, LiveContext } from './live/live-context.tsx'
import { createConsoleRouter } from './router.tsx'
import { ErrorBoundary } from './shell/error-boundary.tsx'
import { ThemeProvider } from './ui/theme.tsx'
import './ui/styles.css'

const queries = createQueryClient(signedOut)
const live = createLive(queries, signedOut)
const router = createConsoleRouter({ queries, live })

/** Everything of the person is forgotten; signing in again leads back to this page. */
function signedOut(): void {
  live.socket.stop()
  live.store.clear()
  queries.removeQueries({ queryKey: sessionQuery.queryKey })
  const { pathname, href } = router.state.location
  if (pathname === '/sign-in') return
  void router.navigate({ to: '/sign-in', search: { next: href, ended: true }, replace: true })
}

// A push was clicked while the console is open (public/push-worker.js).
navigator.serviceWorker?.addEventListener('message', ({ data }) => {
  const { kind, path } = data as { kind?: unknown; path?: unknown }
  if (kind === 'open' && typeof path === 'string') router.history.push(path)
})
window.addEventListener('online', () => live.socket.hurry())
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) live.socket.hurry()
})

await startI18n()
const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no #root')
createRoot(root).render(
  <StrictMode>
    <ThemeProvider>
      <ErrorBoundary>
        <QueryClientProvider client={queries}>
          <LiveContext value={live}>
            <RouterProvider router={router} />
          </LiveContext>
        </QueryClientProvider>
      </ErrorBoundary>
    </ThemeProvider>
  </StrictMode>,
)
