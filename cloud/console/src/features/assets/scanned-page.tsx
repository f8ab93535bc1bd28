import { useQuery } from '@tanstack/react-query'
import { Navigate, useParams } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { QueryView } from '../../ui/query-view.tsx'
import { useTitle } from '../../ui/use-title.ts'
import { MissingAsset } from './asset-page.tsx'
import { assetQuery } from './assets-api.ts'

/** Where a label leads: to the page of the thing that it is on. */
export function ScannedPage() {
  const { t } = useTranslation()
  const { code } = useParams({ from: '/shell/a/$code' })
  const query = useQuery(assetQuery(code.toUpperCase()))
  useTitle(t('assets.title'))
  return (
    <QueryView query={query} missing={<MissingAsset />}>
      {({ gateway, device }) =>
        device === undefined ? (
          <Navigate to="/gateways/$gateway" params={{ gateway }} replace />
        ) : (
          <Navigate
            to="/devices/$gateway/$device"
            params={{ gateway, device: device.slice(gateway.length + 1) }}
            replace
          />
        )
      }
    </QueryView>
  )
}
