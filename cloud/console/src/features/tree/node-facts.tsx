import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { TreeNode } from '#contract/api/tree.ts'
import {
  attributesOf,
  gatewayKinds,
  isPrivateRoom,
  type RoomTypeInfo,
  roomTypes,
} from '#contract/organisation.ts'
import { Fact, Facts } from '../../ui/facts.tsx'
import { useTreeWords } from './use-tree-words.ts'

/** What the kind of a place has to say, and the gateways that stand there. */
export function NodeFacts({ node }: { readonly node: TreeNode }) {
  const { t } = useTranslation()
  const words = useTreeWords()
  return (
    <Facts>
      <Fact name={words.field('id')}>{node.id}</Fact>
      {attributesOf[node.kind].map((name) => (
        <Fact key={name} name={words.field(name)}>
          <Attribute name={name} node={node} />
        </Fact>
      ))}
      {gatewayKinds.includes(node.kind) && node.gateways.length > 0 && (
        <Fact name={t('tree.field.gateways')}>
          {node.gateways.map((gateway) => (
            <div key={gateway}>
              <Link to="/gateways/$gateway" params={{ gateway }}>
                {gateway}
              </Link>
            </div>
          ))}
        </Fact>
      )}
    </Facts>
  )
}

type AttributeProps = {
  readonly name: (typeof attributesOf)[TreeNode['kind']][number]
  readonly node: TreeNode
}

function Attribute({ name, node }: AttributeProps) {
  const { t } = useTranslation()
  const words = useTreeWords()
  const value = node[name]
  if (value === undefined) return <span className="muted">{t('tree.none')}</span>
  if (name === 'roomType' && node.roomType !== undefined) return <RoomTypeText type={node.roomType} />
  if (name === 'footprint' && node.footprint !== undefined) {
    const vertices = node.footprint.coordinates.flat(3).length / 2
    return words.value('footprint', { type: node.footprint.type, vertices })
  }
  if (name === 'schoolCode' && node.schoolCode !== undefined) {
    return (
      <>
        {node.schoolCode}
        <span className="id">{words.schoolCode(node.schoolCode)}</span>
      </>
    )
  }
  return words.value(name, value)
}

function RoomTypeText({ type }: { readonly type: NonNullable<TreeNode['roomType']> }) {
  const { t } = useTranslation()
  const words = useTreeWords()
  const { term }: RoomTypeInfo = roomTypes[type]
  return (
    <>
      {words.roomType(type)}
      {term !== undefined && <span className="id">{term}</span>}
      {isPrivateRoom(type) && (
        <span className="id" title={t('tree.noCamerasWhy')}>
          {t('tree.noCameras')}
        </span>
      )}
    </>
  )
}
