import { type Static, Type } from 'typebox'
import { LocalText } from '#contract/text.ts'
import { closed } from './common.ts'

/** One place of the organisation. The list is flat; `parent` makes it a tree. */
export const TreeNode = Type.Object(
  {
    id: Type.String(),
    kind: Type.Union([Type.Literal('bureau'), Type.Literal('campus')]),
    title: LocalText,
    parent: Type.Optional(Type.String()),
    /** 10-digit 学校标识码 of a campus. */
    schoolCode: Type.Optional(Type.String()),
    /** Ids of the gateways that stand here. */
    gateways: Type.Array(Type.String()),
  },
  closed,
)
export type TreeNode = Static<typeof TreeNode>

/** `GET /tree`: parents come before their children. */
export const Tree = Type.Object({ nodes: Type.Array(TreeNode) }, closed)
export type Tree = Static<typeof Tree>
