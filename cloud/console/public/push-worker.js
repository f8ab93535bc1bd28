/** Shows what the cloud pushes (cloud/notifications/channels/push-message.ts), also while no page of the console is open. */

self.addEventListener('push', (event) => {
  const { title, body, path, tag, lang, stays } = event.data.json()
  event.waitUntil(
    self.registration.showNotification(title, {
      ...{ body, tag, lang, icon: '/icon.svg', data: { path } },
      requireInteraction: stays,
    }),
  )
})

self.addEventListener('notificationclick', (event) => {
  event.notification.close()
  event.waitUntil(show(event.notification.data.path))
})

/** In the window that is there, or else in a new one. A path leads into the console and nowhere else. */
async function show(path) {
  const url = new URL(path, self.location.origin)
  if (url.origin !== self.location.origin) return
  const [open] = await self.clients.matchAll({ type: 'window', includeUncontrolled: true })
  if (open === undefined) {
    await self.clients.openWindow(url.href)
    return
  }
  await open.focus()
  open.postMessage({ kind: 'open', path: url.pathname + url.search })
}
