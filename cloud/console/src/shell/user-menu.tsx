import { useMutation, useQuery } from '@tanstack/react-query'
import { useNavigate, useRouter } from '@tanstack/react-router'
import { Button, Dropdown } from 'antd'
import { useTranslation } from 'react-i18next'
import { sessionQuery, signOut } from '../api/session.ts'
import { useLive } from '../live/live-context.tsx'

export function UserMenu() {
  const { t } = useTranslation()
  const user = useQuery(sessionQuery).data?.user
  const leave = useSignOut()
  const navigate = useNavigate()
  if (user === undefined) return null
  const name = user.displayName || user.username
  function choose(key: string): void {
    if (key === 'out') leave()
    // Going to a page cannot fail; what fails there is told there.
    if (key === 'notifications') void navigate({ to: '/me/notifications' })
    if (key === 'assets') void navigate({ to: '/asset-register', search: {} })
    if (key === 'data') void navigate({ to: '/data-catalogue', search: {} })
    if (key === 'audit') void navigate({ to: '/audit', search: {} })
    if (key === 'users') void navigate({ to: '/users', search: {} })
    if (key === 'account') void navigate({ to: '/account' })
  }
  const items = [
    {
      key: 'who',
      label: (
        <span className="menu-who">
          {user.username} · {t(`role.${user.role}`)}
        </span>
      ),
      disabled: true,
    },
    { type: 'divider' as const },
    { key: 'notifications', label: t('menu.notifications') },
    { key: 'assets', label: t('menu.assets') },
    { key: 'data', label: t('menu.data') },
    { key: 'account', label: t('account.title') },
    // The server decides; this only spares a useless entry.
    ...(user.permissions.includes('users.manage') ? [{ key: 'users', label: t('users.title') }] : []),
    ...(user.permissions.includes('audit.read') ? [{ key: 'audit', label: t('menu.audit') }] : []),
    { key: 'out', label: t('menu.signOut') },
  ]
  return (
    <Dropdown trigger={['click']} menu={{ items, onClick: ({ key }) => choose(key) }}>
      <Button type="text" className="user-button" aria-haspopup="menu" aria-label={t('menu.user', { name })}>
        <svg className="user-icon" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
          <circle cx="10" cy="7" r="3.4" fill="none" stroke="currentColor" strokeWidth="1.6" />
          <path
            d="M3.5 17.5c.7-3.6 3.3-5 6.5-5s5.800 1.400 6.5 5"
            fill="none"
            stroke="currentColor"
            strokeWidth="1.6"
          />
        </svg>
        <span className="user-name">{name}</span>
        <svg viewBox="0 0 12 12" width="10" height="10" aria-hidden="true">
          <path d="m2 4 4 4 4-4" fill="none" stroke="currentColor" strokeWidth="1.6" />
        </svg>
      </Button>
    </Dropdown>
  )
}

function useSignOut(): () => void {
  const router = useRouter()
  const { socket, store } = useLive()
  const { mutate } = useMutation({
    mutationFn: signOut,
    // Whatever the server says, this browser shows nothing more.
    onSettled: async () => {
      const leave = router.options.context.queries.getQueryData(sessionQuery.queryKey)?.signOutUrl
      socket.stop()
      store.clear()
      // Who came by a sign-in service leaves that one as well.
      if (leave !== undefined) return window.location.assign(leave)
      await router.navigate({ to: '/sign-in', search: {} })
      router.options.context.queries.clear()
    },
  })
  return mutate
}
