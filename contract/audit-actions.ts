import type { LocalText } from './text.ts'

/** Everything that is written down, and what people call it. A list that is only added to: old rows keep their words. */
export const auditActions = {
  'session.signed-in': { zh: '登录', en: 'Signed in' },
  'session.refused': { zh: '登录被拒', en: 'Sign-in refused' },
  'session.signed-out': { zh: '退出登录', en: 'Signed out' },
  'user.created': { zh: '创建账号', en: 'Account created' },
  'user.password-set': { zh: '设置密码', en: 'Password set' },
  'command.created': { zh: '下达指令', en: 'Command given' },
  'scan.started': { zh: '开始扫描', en: 'Scan started' },
  'scan.cancelled': { zh: '取消扫描', en: 'Scan cancelled' },
  'device.probed': { zh: '测试读取设备', en: 'Device test-read' },
  'device.added': { zh: '接入设备', en: 'Device added' },
  'device.updated': { zh: '修改设备', en: 'Device changed' },
  'device.removed': { zh: '移除设备', en: 'Device removed' },
  'tree.node-put': { zh: '修改空间', en: 'Space changed' },
  'tree.node-deleted': { zh: '删除空间', en: 'Space deleted' },
  'tree.imported': { zh: '导入或检查空间文件', en: 'Spaces imported or checked' },
  'tree.plan-put': { zh: '上传平面图', en: 'Floor drawing uploaded' },
  'tree.plan-deleted': { zh: '删除平面图', en: 'Floor drawing deleted' },
  'device.placed': { zh: '安放设备', en: 'Device placed' },
  'audit.exported': { zh: '导出审计日志', en: 'Audit log exported' },
  'audit.hash-changed': { zh: '更换审计摘要算法', en: 'Audit hash changed' },
  'audit.pruned': { zh: '清理过期审计记录', en: 'Old audit rows deleted' },
} as const satisfies Record<string, Required<LocalText>>
export type AuditAction = keyof typeof auditActions
